import type { DocumentStore } from '../stored.ts';
import type { Lane } from './lane.ts';

/** Where lanes are kept (port). */
export type LaneStore = DocumentStore<Lane>;
