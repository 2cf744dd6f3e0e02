import type { PeerOrder } from '../field.ts';
import type { TraceJob } from '../trace.ts';
import type { CallModel } from './call-model.ts';

export interface PeerContext {
  readonly order: PeerOrder;
  readonly callModel: CallModel;
}

/** One process of a contender. */
export interface Peer {
  /** Connects what it needs, takes its part of the trace, and idles. */
  readonly prepare: (context: PeerContext) => Promise<ReadyPeer>;
}

export interface ReadyPeer {
  /** The jobs that came with this process. */
  readonly run: (jobs: readonly TraceJob[]) => Promise<void>;
}
