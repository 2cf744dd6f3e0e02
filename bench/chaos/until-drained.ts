import { setTimeout as delay } from 'node:timers/promises';
import type { JobDocuments } from './job-documents.ts';
import type { Ledger } from './ledger.ts';
import { peekQueues } from './queue-contents.ts';
import type { ChaosSystem } from './start-system.ts';
import type { EndWatch } from './watch-ends.ts';

/** A system that has been left in peace for so long and is not through will not get through. */
const longestMs = 120_000;
const lookEveryMs = 1000;

/**
 * Waits until every accepted job has ended, the queues are empty and the lanes idle, or the time is up: what is left then
 * is for the audit to name.
 */
export async function untilDrained(
  system: ChaosSystem,
  run: {
    readonly documents: JobDocuments;
    readonly watch: EndWatch;
    readonly ledger: Ledger;
    readonly startsAt: number;
    readonly signal: AbortSignal;
    readonly tell: (line: string) => void;
  },
): Promise<void> {
  const { documents, ledger, signal, tell, watch } = run;
  const quietFrom = performance.now();
  while (performance.now() - quietFrom < longestMs) {
    if (watch.ended() >= ledger.accepted() && (await isIdle(system, documents))) {
      tell(`Drained ${((performance.now() - quietFrom) / 1000).toFixed(1)} s after the last fault was healed.`);
      return;
    }
    await delay(lookEveryMs, undefined, { signal });
  }
  tell(`Not drained within ${longestMs / 1000} s.`);
}

async function isIdle(system: ChaosSystem, documents: JobDocuments): Promise<boolean> {
  const lanes = await documents.lanes();
  const now = Date.now();
  if (lanes.some(({ state, until }) => state !== 'idle' && until > now)) {
    return false;
  }
  const { left } = await peekQueues(system.environment['ServiceBus'] ?? '', system.site.queues);
  return left.length === 0;
}
