import { busFaults } from './bus-faults.ts';
import type { DrawnFault } from './fault.ts';
import { modelFaults } from './model-faults.ts';
import { processFaults } from './process-faults.ts';
import { storeFaults } from './store-faults.ts';

/** Every kind of fault, by the name that `--only` and the summary use. */
const kinds = { ...processFaults, ...storeFaults, ...busFaults, ...modelFaults } as const;

export type FaultKind = keyof typeof kinds;

export const faultKinds: Readonly<Record<FaultKind, DrawnFault>> = kinds;

export const faultKindNames: readonly FaultKind[] = Object.keys(kinds).filter(isFaultKind);

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(kinds, name);
}
