import { setTimeout as delay } from 'node:timers/promises';
import type { PlannedFault } from './fault.ts';
import type { ChaosSystem } from './start-system.ts';

/** When a fault was really there, in epoch ms. */
export interface InjectedFault {
  readonly kind: PlannedFault['kind'];
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Does a fault to the system, waits, and heals it. Resolves when it is healed; undefined when it could not be done
 * because the stack was down at the time.
 */
export async function injectFault(
  system: ChaosSystem,
  fault: PlannedFault,
  signal: AbortSignal,
): Promise<InjectedFault | undefined> {
  const fromMs = Date.now();
  const isDone = await act(system, fault, signal);
  return isDone ? { kind: fault.kind, fromMs, toMs: Date.now() } : undefined;
}

async function act(system: ChaosSystem, { action, forMs }: PlannedFault, signal: AbortSignal): Promise<boolean> {
  const wait = async (): Promise<void> => delay(forMs, undefined, { signal });
  switch (action.on) {
    case 'process': {
      const slot = system.apps[action.process];
      await slot?.end(action.signal);
      if (action.skewSeconds === 0) {
        await wait();
      } else {
        await slot?.start(action.skewSeconds);
        await wait();
        await slot?.end('SIGTERM');
      }
      await slot?.start(0);
      return true;
    }
    case 'stack':
      await system.killStack();
      await wait();
      await system.startStack();
      return true;
    case 'region':
      return during(wait, {
        begin: async () => administer(system, 'PATCH', `regions/${action.region}`, { isDown: true }),
        end: async () => administer(system, 'PATCH', `regions/${action.region}`, { isDown: false }),
      });
    case 'model':
      return during(wait, {
        begin: async () => administer(system, 'POST', `regions/${action.region}/faults`, action.fault),
        end: async () => administer(system, 'DELETE', `regions/${action.region}/faults`),
      });
    case 'limit': {
      const path = `regions/${action.region}/deployments/${action.deployment}`;
      const lowered = { forMs, factor: action.factor };
      return during(wait, {
        begin: async () => administer(system, 'PATCH', path, { lowered }),
        // It comes back by itself.
        end: async () => true,
      });
    }
  }
}

async function during(
  wait: () => Promise<void>,
  fault: { readonly begin: () => Promise<boolean>; readonly end: () => Promise<boolean> },
): Promise<boolean> {
  if (!(await fault.begin())) {
    return false;
  }
  await wait();
  await fault.end();
  return true;
}

/** Puts back all that faults may have left, and starts what is down. */
export async function healAll(system: ChaosSystem): Promise<void> {
  await system.startStack();
  for (const region of system.site.regions) {
    await administer(system, 'DELETE', `regions/${region}/faults`);
    await administer(system, 'PATCH', `regions/${region}`, { isDown: false });
  }
  for (const { region, name } of system.site.deployments) {
    await administer(system, 'PATCH', `regions/${region}/deployments/${name}`, { lowered: null });
  }
  await Promise.all(system.apps.map(async (slot) => slot.start(0)));
}

/** False while the stack is down: what it was told would be forgotten anyway. @throws when it refuses */
async function administer(system: ChaosSystem, method: string, path: string, body?: unknown): Promise<boolean> {
  const url = `${system.adminUrl}/admin/${path}`;
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await fetch(url, { method, headers: { 'content-type': 'application/json' }, ...init });
  } catch (error) {
    if (error instanceof TypeError) {
      return false;
    }
    throw error;
  }
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`The stack refused ${method} ${url} (${response.status}): ${text}`);
  }
  return true;
}
