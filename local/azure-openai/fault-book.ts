import type { Random } from './seeded-random.ts';

/** Something that goes wrong in a region until it is used up or cleared. */
export interface Fault {
  /**
   * What the call is answered with. 200: nothing wrong but the delay. 0: the connection is cut without an answer.
   * With `afterFirstByte`: 0 cuts the answer half way, anything else ends a stream with an error event.
   */
  readonly status: number;
  /** `error.code` of the usual body. */
  readonly code?: string | undefined;
  /** Sent instead of the usual body of the status: text (as HTML) or JSON. */
  readonly body?: unknown;
  /** Sent as well, over the usual ones: to play retry-after traps. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Share of calls, 1 by default. */
  readonly probability?: number | undefined;
  /** How many calls; without end by default. */
  readonly count?: number | undefined;
  /** One deployment; all of the region by default. */
  readonly deployment?: string | undefined;
  readonly afterFirstByte?: boolean | undefined;
  /** Waited before the answer begins. */
  readonly delayMs?: number | undefined;
}

/** The faults of one region, tried in the order in which they came. */
export class FaultBook {
  #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#faults.push({ fault, left: fault.count ?? Number.POSITIVE_INFINITY });
  }

  /** The fault that this call meets, if any; it is then used once. */
  take(deployment: string, random: Random): Fault | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry;
      const isMeant = fault.deployment === undefined || fault.deployment === deployment;
      if (isMeant && random() < (fault.probability ?? 1)) {
        entry.left -= 1;
        this.#faults = this.#faults.filter((candidate) => candidate.left > 0);
        return fault;
      }
    }
    return undefined;
  }

  clear(): number {
    const removed = this.#faults.length;
    this.#faults = [];
    return removed;
  }

  get size(): number {
    return this.#faults.length;
  }
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
