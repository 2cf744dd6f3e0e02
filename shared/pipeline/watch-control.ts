import type { PipelineDeps } from './deps.ts';

/** How often a pump looks at the pools' switches, and at the breakers that are due, in ms; a little jittered. */
const lookMs = 2000;
const jitter = 0.1;

type ControlDeps = Pick<PipelineDeps, 'health' | 'switches' | 'clock' | 'random' | 'logFault'>;

/**
 * Follows what operators and other processes write, until `signal` is aborted. While the store is away what was read last
 * holds. The two are looked at apart: a breaker that is slow to write must not hold up a stop.
 */
export async function watchControl(deps: ControlDeps, signal: AbortSignal): Promise<void> {
  await Promise.all([repeat(deps, signal, switchLook(deps)), repeat(deps, signal, async () => deps.health.refresh())]);
}

async function repeat(deps: ControlDeps, signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await look();
    await deps.clock.sleep(lookMs * (1 + jitter * (2 * deps.random() - 1)), signal);
  }
}

/** A look that fails is left to the next one, and logged once until one succeeds. */
function switchLook(deps: ControlDeps): () => Promise<void> {
  let hasFailed = false;
  return async () => {
    try {
      await deps.switches.refresh();
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) {
        deps.logFault("reading the pools' switches", error);
      }
      hasFailed = true;
    }
  };
}
