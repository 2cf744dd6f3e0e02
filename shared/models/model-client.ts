import type { JsonObject } from '../json.ts';
import type { CallOutcome } from './call-outcome.ts';

/** Calls a deployment once (port). No retries: what comes back is classified, and the pipeline decides. */
export interface ModelClient {
  /** Brings what the first call needs: what is loaded after a start was granted would make the call late. */
  readonly prepare: () => Promise<void>;
  readonly call: (request: ModelRequest, signal: AbortSignal) => Promise<CallOutcome>;
}

export type Operation = 'chat' | 'embeddings';

export interface ModelRequest {
  /** Region name as configured; an unknown one is a programming error and throws. */
  readonly region: string;
  /** Deployment name in that region, from configuration (S1: never from a job). */
  readonly deployment: string;
  readonly operation: Operation;
  /** The request body as the job gave it; the adapter sets `model` and `stream` itself. */
  readonly body: JsonObject;
  /** Read the answer as a stream (chat only) and put the chunks together again. */
  readonly isStreamed: boolean;
  /** Sent as `x-ms-client-request-id`. */
  readonly clientRequestId: string;
  /** Longest the whole call may take, in milliseconds. */
  readonly timeoutMs: number;
}
