import { z } from 'zod';
import { arrivalNames } from './arrivals.ts';
import { faultNames } from './faults.ts';
import { loadNames } from './loads.ts';

export const runSchema = z.object({
  load: z.enum(loadNames),
  workers: z.number().int().positive(),
  window: z.enum(['sliding', 'fixed']),
  arrival: z.enum(arrivalNames),
  fault: z.enum(faultNames),
  seed: z.string(),
});

/** One run of the simulation: the same settings and seed give the same figures. */
export type SimulationRun = Readonly<z.infer<typeof runSchema>>;

const figure = z.number();

export const rowSchema = runSchema.extend({
  /** Mean fullness of the windows of a minute in the measured time, of the counter that binds. */
  utilisation: figure,
  /** Refused calls for 1,000 calls. */
  throttledPer1000: figure,
  /** The last refused call, in ms since the beginning of the run; 0 when there was none. */
  lastThrottledMs: figure,
  /** The fullest window of what was sent, at any phase ÷ limit, idle start included. */
  worstWindow: figure,
  bucketOpsPerJob: figure,
  ruPerJob: figure,
  /** Refused patches ÷ exchanges. */
  conflictRate: figure,
  /** Of the cost admitted, among the workers. */
  jain: figure,
  /** From the arrival of a job, or from its pull where there is always another, to its start. */
  waitP50Ms: figure,
  waitP99Ms: figure,
  /** Calls admitted in the measured minutes. */
  jobs: figure,
  /** Starts that were thrown away. */
  missed: figure,
  /** How often the bucket's limits were changed because of what the service said. */
  corrections: figure,
  /** Real time of the run. */
  wallMs: figure,
  /** Events of the simulation. */
  events: figure,
});

export type SimulationRow = Readonly<z.infer<typeof rowSchema>>;
