import type { ServerResponse } from 'node:http';

import type { CallBook, OpenCall } from './calls/call-book.ts';
import type { Fault, ModelFaults } from './faults/model-faults.ts';
import type { Deployment, Region } from './region.ts';
import type { ResponseStore } from './responses/response-store.ts';

/** What all regions share. */
export interface Service {
  readonly seed: number;
  readonly isInstant: boolean;
  readonly now: () => number;
  readonly book: CallBook;
  readonly faults: ModelFaults;
  readonly responses: ResponseStore;
}

/** Where a request arrives. */
export interface Place {
  readonly service: Service;
  readonly region: Region;
}

/** A call that was admitted and is now answered. */
export interface Exchange {
  readonly service: Service;
  readonly region: Region;
  readonly deployment: Deployment;
  readonly call: OpenCall;
  readonly response: ServerResponse;
  /** Of the answer, rate limits included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly promptTokens: number;
  /** What goes wrong while it is answered. */
  readonly fault: Fault | undefined;
}
