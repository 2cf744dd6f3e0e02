import type { Container } from '@azure/cosmos';
import { cosmosDocuments } from '../cosmos-documents.ts';
import type { LaneStore } from './lane-store.ts';
import { laneSchema } from './lane.ts';

/** Lanes in Cosmos: one small document a lane, in the control container. */
export function cosmosLaneStore(container: Container): LaneStore {
  return cosmosDocuments(container, laneSchema);
}
