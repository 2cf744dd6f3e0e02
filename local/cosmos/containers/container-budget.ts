import type { Container } from './catalog.ts';
import type { RequestUnitBudget } from './request-unit-budget.ts';
import type { Service } from '../service.ts';

/** What a container may spend; a limit that was set from outside goes before its own throughput. */
export function containerBudget(
  { faults, offers }: Service,
  container: Container | undefined,
): RequestUnitBudget | undefined {
  return container === undefined ? undefined : (faults.budget(container.id) ?? offers.budget(container));
}
