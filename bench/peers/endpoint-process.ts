import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Child, startChild } from '../../local/child-process.ts';
import { field } from './field.ts';
import type { Attempt } from './measure.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** What `endpoint.ts` is started with. */
export const endpointOrder = z.object({
  tokenWindow: z.enum(['sliding', 'fixed']),
  seed: z.int(),
  databasePath: z.string(),
});

const readySchema = z.object({ adminUrl: z.string(), url: z.string() });

export interface EndpointProcess {
  /** `http://127.0.0.1:port` of the region. */
  readonly url: string;
  /** The event loop is measured from now on. */
  readonly watchLag: () => void;
  /** The 99th percentile of the event loop's lag, in ms; NaN before the first second. */
  readonly lagP99Ms: () => number;
  readonly progress: () => Promise<Progress>;
  /** Every attempt until now. */
  readonly attempts: () => Promise<readonly Attempt[]>;
  readonly stop: () => Promise<void>;
}

/** Calls whatever their end, calls that were answered in full, and calls that are open. */
export interface Progress {
  readonly calls: number;
  readonly completed: number;
  readonly unanswered: number;
}

export async function startEndpoint(
  order: z.infer<typeof endpointOrder>,
  signal: AbortSignal,
): Promise<EndpointProcess> {
  let lagP99Ms = Number.NaN;
  const child: Child = await startChild({
    name: 'The simulated endpoint',
    args: [`${here}endpoint.ts`, JSON.stringify(order)],
    cwd: here,
    signal,
    onLog: (line) => {
      lagP99Ms = readLag(line) ?? lagP99Ms;
    },
  });
  const { adminUrl, url } = readySchema.parse(child.ready);
  return {
    url,
    watchLag: () => process.kill(child.pid, 'SIGUSR2'),
    lagP99Ms: () => lagP99Ms,
    progress: async () => readProgress(adminUrl),
    attempts: async () => readAttempts(adminUrl),
    stop: async () => child.stop(),
  };
}

function readLag(line: string): number | undefined {
  const text = /^\{"lagP99Ms":([\d.e+-]+)\}$/u.exec(line)?.[1];
  return text === undefined ? undefined : Number(text);
}

const tally = z.object({ calls: z.number(), completed: z.number(), unanswered: z.number() });
const countersSchema = z.object({
  regions: z.record(z.string(), z.object({ deployments: z.record(z.string(), tally) })),
});

async function readProgress(adminUrl: string): Promise<Progress> {
  const response = await fetch(`${adminUrl}/admin/counters`);
  const { regions } = countersSchema.parse(await response.json());
  const deployments = Object.values(regions[field.region]?.deployments ?? {});
  return deployments[0] ?? { calls: 0, completed: 0, unanswered: 0 };
}

const pageSchema = z.object({
  calls: z.array(
    z.object({
      number: z.number(),
      at: z.number(),
      clientRequestId: z.string(),
      status: z.number().nullable(),
      cost: z.number(),
      isAdmitted: z.boolean(),
    }),
  ),
});
const callsPerPage = 5000;

async function readAttempts(adminUrl: string): Promise<readonly Attempt[]> {
  const all: Attempt[] = [];
  for (let after = 0; ;) {
    const response = await fetch(`${adminUrl}/admin/calls?after=${after}&limit=${callsPerPage}`);
    const { calls } = pageSchema.parse(await response.json());
    const last = calls.at(-1);
    if (last === undefined) {
      return all;
    }
    all.push(...calls);
    after = last.number;
  }
}
