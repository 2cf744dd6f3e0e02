import type { PipelineDeps } from './deps.ts';

/** How often a pump looks at the pools' switches and at the breakers, in ms; a little jittered. */
const lookMs = 2000;
const jitter = 0.1;

type ControlDeps = Pick<PipelineDeps, 'health' | 'switches' | 'clock' | 'random' | 'logFault'>;

/**
 * Follows what operators and other processes write, until `signal` is aborted. While the store is away what was read last
 * holds: no call starts then, because no bucket answers either.
 */
export async function watchControl(deps: ControlDeps, signal: AbortSignal): Promise<void> {
  let hasFailed = false;
  while (!signal.aborted) {
    hasFailed = !(await lookAtControl(deps, { hasFailed }));
    await deps.clock.sleep(lookMs * (1 + jitter * (2 * deps.random() - 1)), signal);
  }
}

/** One look; false when it failed, which is logged unless the last one did too. */
export async function lookAtControl(
  deps: ControlDeps,
  { hasFailed }: { readonly hasFailed: boolean },
): Promise<boolean> {
  try {
    await Promise.all([deps.switches.refresh(), deps.health.refresh()]);
    return true;
  } catch (error) {
    if (!hasFailed) {
      deps.logFault("reading the pools' switches", error);
    }
    return false;
  }
}
