import { FaultBook, type FaultRate } from '../../faults/fault-book.ts';
import type { FaultRow } from './fault-rows.ts';

/** Something that goes wrong with calls until it is used up or removed. */
export interface Fault extends FaultRate {
  /** The named row that it was made from. */
  readonly row?: FaultRow | undefined;
  /**
   * What the call is answered with. 200: nothing wrong but the delay, or the `body` in place of a completion. 0: the
   * connection is cut without an answer. With `afterFirstByte`: 0 cuts the answer half way, anything else ends a stream
   * with an error event, and is the answer of a plain call.
   */
  readonly status: number;
  /** `error.code` of the usual body. */
  readonly code?: string | undefined;
  /** Sent instead of the usual body of the status: text (as HTML) or JSON. */
  readonly body?: unknown;
  /** Sent as well, over the usual ones: to play retry-after traps. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** All of them by default. */
  readonly region?: string | undefined;
  /** One deployment; all by default. */
  readonly deployment?: string | undefined;
  readonly afterFirstByte?: boolean | undefined;
  /** With `afterFirstByte`: tokens of a stream that come before; 2 by default. 0: not even its first chunk. */
  readonly afterTokens?: number | undefined;
  /** Waited before the answer begins. */
  readonly delayMs?: number | undefined;
  /** With status 0 after the first byte: for how long nothing comes before the connection is cut. */
  readonly stallMs?: number | undefined;
}

/** The faults of all regions. */
export class ModelFaults {
  readonly book: FaultBook<Fault>;

  constructor(seed: number) {
    this.book = new FaultBook({ part: 'azure-openai', seed });
  }

  /** The fault that a call meets, if any; it is then used once. */
  take(call: { readonly region: string; readonly deployment: string }): Fault | undefined {
    return this.book.size === 0
      ? undefined
      : this.book.take(
          ({ deployment, region }) =>
            (region === undefined || region === call.region) &&
            (deployment === undefined || deployment === call.deployment),
        );
  }

  /** How many active ones a region may meet. */
  activeIn(region: string): number {
    return this.book.list((fault) => fault.region === undefined || fault.region === region).filter(isActive).length;
  }
}

function isActive(report: { readonly isActive: boolean }): boolean {
  return report.isActive;
}

/**
 * Whether a call that meets the fault has been admitted before: failures inside the service (408, 5xx, cut
 * connections) count against the quota, refusals in front of it do not.
 */
export function isAfterAdmission(fault: Fault): boolean {
  return (
    fault.afterFirstByte === true ||
    fault.status === 0 ||
    fault.status < 300 ||
    fault.status === 408 ||
    fault.status >= 500
  );
}
