import { setTimeout as delay } from 'node:timers/promises';
import { type AdminCalls, adminCalls } from './admin-calls.ts';
import type { FaultAction, PlannedFault } from './fault.ts';
import type { ChaosSystem } from './start-system.ts';

/** When a fault was really there, in epoch ms, and how many times it was met; 1 where that is not counted. */
export interface InjectedFault {
  readonly kind: PlannedFault['kind'];
  readonly fromMs: number;
  readonly toMs: number;
  readonly met: number;
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
  const wait = async (): Promise<void> => delay(fault.forMs, undefined, { signal });
  const met = await act(system, fault.action, wait);
  return met === undefined ? undefined : { kind: fault.kind, fromMs, toMs: Date.now(), met };
}

type Wait = () => Promise<void>;

/** How many times it was met; undefined when it was not there. */
async function act(system: ChaosSystem, action: FaultAction, wait: Wait): Promise<number | undefined> {
  switch (action.on) {
    case 'process':
      await endAndStart(system, action, wait);
      return 1;
    case 'stack':
      await system.stack.end('SIGKILL');
      await wait();
      await system.stack.start();
      return 1;
    case 'part':
    case 'book':
    case 'once':
    case 'units':
    case 'limit':
      return administer(system, action, wait);
  }
}

async function endAndStart(
  system: ChaosSystem,
  { process, signal, skewSeconds }: Extract<FaultAction, { readonly on: 'process' }>,
  wait: Wait,
): Promise<void> {
  const slot = system.apps[process];
  await slot?.end(signal);
  if (skewSeconds !== 0) {
    await slot?.start(skewSeconds);
  }
  await wait();
  if (skewSeconds !== 0) {
    await slot?.end('SIGTERM');
  }
  await slot?.start(0);
}

async function administer(
  system: ChaosSystem,
  action: Exclude<FaultAction, { readonly on: 'process' | 'stack' }>,
  wait: Wait,
): Promise<number | undefined> {
  const admin = adminCalls(system.adminUrl);
  switch (action.on) {
    case 'part': {
      const path = `parts/${action.part}`;
      return switched(wait, {
        begin: async () => admin.call('PATCH', path, { isDown: true }),
        end: async () => admin.call('PATCH', path, { isDown: false }),
      });
    }
    case 'units': {
      const path = `cosmos/throughput/${action.container}`;
      const { requestUnitsPerSecond } = action;
      return switched(wait, {
        begin: async () => admin.call('PUT', path, { requestUnitsPerSecond }),
        end: async () => admin.call('PUT', path, { requestUnitsPerSecond: null }),
      });
    }
    case 'limit': {
      const path = `regions/${action.region}/deployments/${action.deployment}`;
      return switched(wait, {
        begin: async () => admin.call('PATCH', path, { lowered: { forMs: 600_000, factor: action.factor } }),
        end: async () => admin.call('PATCH', path, { lowered: null }),
      });
    }
    case 'once':
      return switched(wait, {
        begin: async () => admin.call('POST', action.path, action.body),
        end: async () => undefined,
      });
    case 'book':
      return booked(system, admin, { action, wait });
  }
}

/** A stack that was started again meanwhile has forgotten the fault; to heal it once more is harmless. */
async function switched(
  wait: Wait,
  change: { readonly begin: () => Promise<unknown>; readonly end: () => Promise<unknown> },
): Promise<number | undefined> {
  if ((await change.begin()) === undefined) {
    return undefined;
  }
  await wait();
  await change.end();
  return 1;
}

async function booked(
  system: ChaosSystem,
  admin: AdminCalls,
  { action, wait }: { readonly action: Extract<FaultAction, { readonly on: 'book' }>; readonly wait: Wait },
): Promise<number | undefined> {
  const starts = system.stack.starts();
  const id = await admin.addFault(action.book, action.fault);
  if (id === undefined) {
    return undefined;
  }
  await wait();
  // After a start of the stack another fault may have this id.
  const isForgotten = system.stack.starts() !== starts;
  return isForgotten ? 1 : ((await admin.endFault(action.book, id)) ?? 1);
}

/** Puts back all that faults may have left, and starts what is down. */
export async function healAll(system: ChaosSystem): Promise<void> {
  await system.stack.start();
  const { call } = adminCalls(system.adminUrl);
  await call('DELETE', 'faults');
  for (const part of ['service-bus', 'cosmos', 'blob', ...system.site.regions]) {
    await call('PATCH', `parts/${part}`, { isDown: false });
  }
  for (const { region, name } of system.site.deployments) {
    await call('PATCH', `regions/${region}/deployments/${name}`, { lowered: null });
  }
  await Promise.all(system.apps.map(async (slot) => slot.start(0)));
}
