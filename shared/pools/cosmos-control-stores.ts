import type { Container } from '@azure/cosmos';
import { cosmosDocuments } from '../cosmos-documents.ts';
import { type BreakerStore, breakerSchema } from './breaker.ts';
import { switchesSchema, type SwitchStore } from './pool-switches.ts';

/** Breakers in Cosmos: one small document a deployment that ever failed, in the control container. */
export function cosmosBreakerStore(container: Container): BreakerStore {
  return cosmosDocuments(container, breakerSchema);
}

/** The pools' switches in Cosmos: one document, in the control container. */
export function cosmosSwitchStore(container: Container): SwitchStore {
  return cosmosDocuments(container, switchesSchema);
}
