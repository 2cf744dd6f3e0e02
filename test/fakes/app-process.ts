import { AppError } from '../../shared/errors.ts';
import { ticketSchema } from '../../shared/lanes/lane.ts';
import { wakeLanes } from '../../shared/pipeline/arm-lanes.ts';
import type { PipelineDeps } from '../../shared/pipeline/deps.ts';
import { runPump } from '../../shared/pipeline/run-pump.ts';
import { ticketQueue } from '../../shared/pools/pool.ts';
import type { PipelineRig } from './pipeline-rig.ts';
import { ProcessLife } from './process-life.ts';

/** The timer of the app, and how many pumps the host runs at once (host.json). */
const timerMs = 10_000;
const pumpsAtOnce = 2;

export interface AppProcess {
  readonly deps: PipelineDeps;
  readonly life: ProcessLife;
  /** Tells the process to stop; resolves when its pumps have ended. */
  readonly stop: () => Promise<void>;
}

/** One process of the app on a rig: pumps by ticket, and the timer, as the Functions host runs them. */
export function startApp(rig: PipelineRig, life = new ProcessLife()): AppProcess {
  const deps = rig.process(life);
  const stopping = new AbortController();
  const { signal } = stopping;
  const loops = [...Array.from({ length: pumpsAtOnce }, async () => runTickets(deps, signal)), runTimer(deps, signal)];
  return {
    deps,
    life,
    stop: async () => {
      stopping.abort();
      await rig.clock.run(Promise.all(loops));
    },
  };
}

/** Lets time pass until every job that was stored has ended and nothing is left on the pools' queues. */
export async function untilDrained(rig: PipelineRig, mostMs = 3_600_000): Promise<void> {
  const queues = rig.pools.flatMap((pool) => [pool.queue, pool.highQueue]);
  const isDrained = (): boolean =>
    queues.every((queue) => rig.queue.messages(queue).length === 0) &&
    rig.jobs.all().every(({ state }) => !['queued', 'running', 'parked'].includes(state));
  const look = async (): Promise<void> => {
    while (!isDrained()) {
      await rig.clock.sleep(500);
    }
  };
  await rig.clock.run(look(), mostMs);
}

async function runTickets(deps: PipelineDeps, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const [message] = await unlessAway(async () => deps.queue.receive(ticketQueue, 1, 1000), []);
    if (message === undefined) {
      await deps.clock.sleep(10);
      continue;
    }
    const { sequenceNumber, deliveryCount } = message;
    await runPump(deps, { ticket: ticketSchema.parse(message.body), sequenceNumber, deliveryCount }, stopping);
    await message.complete();
  }
}

async function runTimer(deps: PipelineDeps, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await deps.clock.sleep(timerMs, stopping);
    await unlessAway(async () => wakeLanes(deps, 'timer'), 'idle');
  }
}

/** The host survives a service that is away. */
async function unlessAway<Result>(call: () => Promise<Result>, otherwise: Result): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof AppError && error.isRetryable) {
      return otherwise;
    }
    throw error;
  }
}
