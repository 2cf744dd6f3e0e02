import { setTimeout as delay } from 'node:timers/promises';
import { describeFault } from './describe-fault.ts';
import type { PlannedFault } from './fault.ts';
import { injectFault, type InjectedFault } from './inject-fault.ts';
import type { ChaosSystem } from './start-system.ts';

/** Injects every planned fault at its time. Resolves when the last one is healed. @throws what one of them threw */
export async function driveFaults(
  system: ChaosSystem,
  planned: readonly PlannedFault[],
  context: {
    /** Epoch ms. */
    readonly startsAt: number;
    readonly canSkew: boolean;
    readonly signal: AbortSignal;
    readonly tell: (line: string) => void;
  },
): Promise<readonly InjectedFault[]> {
  const { startsAt, canSkew, signal, tell } = context;
  const driven = planned.map(async (fault) => {
    await delay(Math.max(0, startsAt + fault.atMs - Date.now()), undefined, { signal });
    const at = `${(fault.atMs / 1000).toFixed(1).padStart(6)} s`;
    if (fault.kind === 'skew-clock' && !canSkew) {
      tell(`${at}  (left out: ${describeFault(fault)})`);
      return undefined;
    }
    tell(`${at}  ${describeFault(fault)}`);
    const injected = await injectFault(system, fault, signal);
    if (injected === undefined) {
      tell(`${at}  (came to nothing, as the stack was down: ${describeFault(fault)})`);
    }
    return injected;
  });
  const injected = await Promise.all(driven);
  return injected.filter((one) => one !== undefined);
}
