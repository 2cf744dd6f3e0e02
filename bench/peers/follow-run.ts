import { setTimeout as delay } from 'node:timers/promises';
import { readProcessUsage } from '../process-usage.ts';
import type { StartedContender } from './contender.ts';
import type { EndpointProcess } from './endpoint-process.ts';
import { answersByJob } from './measure.ts';

export interface Run {
  readonly runName: string;
  readonly endpoint: EndpointProcess;
  readonly started: StartedContender;
  readonly jobs: number;
  /** Over, whatever is left, so long after its start. */
  readonly boundMs: number;
}

export interface FollowedRun {
  /** Epoch ms. */
  readonly startedAt: number;
  /** CPU of its processes from the start to the end. */
  readonly cpuMs: number;
}

const lookEveryMs = 1000;
const tellEveryMs = 30_000;
/** Longer than a window: a contender that calls nothing for so long and waits for nothing has given the rest up. */
const stillMs = 75_000;

/** Lets a contender begin and watches the endpoint until every job was answered, or no more will be; then stops it. */
export async function followRun(
  run: Run,
  context: {
    readonly signal: AbortSignal;
    readonly tell: (line: string) => void;
  },
): Promise<FollowedRun> {
  const cpuBefore = await cpuOf(run);
  const startedAt = Date.now();
  await run.started.begin();
  await untilOver(run, startedAt, context);
  const cpuMs = (await cpuOf(run)) - cpuBefore;
  await run.started.stop();
  return { startedAt, cpuMs };
}

async function untilOver(run: Run, startedAt: number, context: Parameters<typeof followRun>[1]): Promise<void> {
  const { signal, tell } = context;
  const { endpoint } = run;
  let calls = 0;
  let movedAt = startedAt;
  let toldAt = startedAt;
  for (;;) {
    await delay(lookEveryMs, undefined, { signal });
    const now = Date.now();
    const seen = await endpoint.progress();
    movedAt = seen.calls > calls || seen.unanswered > 0 ? now : movedAt;
    calls = seen.calls;
    const isAnswered = seen.completed >= run.jobs && answersByJob(await endpoint.attempts()).size >= run.jobs;
    if (isAnswered || now - movedAt > stillMs || now - startedAt > run.boundMs) {
      tell(`  ${run.runName}: over after ${seconds(now - startedAt)} s, ${seen.completed} answers, ${calls} calls`);
      return;
    }
    if (now - toldAt >= tellEveryMs) {
      toldAt = now;
      tell(`  ${run.runName}: ${seconds(now - startedAt)} s, ${seen.completed} of ${run.jobs} answered`);
    }
  }
}

async function cpuOf({ runName, started }: Run): Promise<number> {
  try {
    const usages = await Promise.all(started.pids.map(readProcessUsage));
    return usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
  } catch (cause) {
    throw new Error(`A process of the run ${runName} has ended by itself; its run cannot be measured.`, { cause });
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}
