/**
 * Watches the calls of one deployment in one process for signs that the deployment fails, not a job.
 *
 * - F1 One job is one witness, however often it fails: its last call counts.
 * - F2 Five jobs that failed without a success between them are enough; so is half of twenty within 30 s.
 */
const enoughInARow = 5;

/** A row of faults is forgotten when none was added to it for so long, in ms. */
const rowMs = 600_000;

const windowMs = 30_000;
const enoughWitnesses = 20;
const enoughShare = 0.5;

interface Witness {
  readonly atMs: number;
  readonly isFault: boolean;
}

export class FaultMeter {
  /** By job, the oldest first. */
  readonly #witnesses = new Map<string, Witness>();
  readonly #row = new Set<string>();
  #rowAt = 0;
  #faults = 0;

  /** Counts a call that ended; true when the deployment is to be taken for failing. */
  add(call: { readonly jobId: string; readonly isFault: boolean; readonly now: number }): boolean {
    this.#addToRow(call);
    this.#addToWindow(call);
    const isEnough = this.#witnesses.size >= enoughWitnesses && this.#faults >= enoughShare * this.#witnesses.size;
    return call.isFault && (this.#row.size >= enoughInARow || isEnough);
  }

  /** Forgets everything: the breaker opened, or closed. */
  reset(): void {
    this.#witnesses.clear();
    this.#row.clear();
    this.#faults = 0;
  }

  #addToRow({
    jobId,
    isFault,
    now,
  }: {
    readonly jobId: string;
    readonly isFault: boolean;
    readonly now: number;
  }): void {
    if (!isFault || now - this.#rowAt > rowMs) {
      this.#row.clear();
    }
    if (isFault) {
      this.#row.add(jobId);
      this.#rowAt = now;
    }
  }

  #addToWindow(call: { readonly jobId: string; readonly isFault: boolean; readonly now: number }): void {
    this.#forget(call.jobId);
    this.#witnesses.set(call.jobId, { atMs: call.now, isFault: call.isFault });
    this.#faults += call.isFault ? 1 : 0;
    for (const [jobId, { atMs }] of this.#witnesses) {
      if (call.now - atMs <= windowMs) {
        return;
      }
      this.#forget(jobId);
    }
  }

  #forget(jobId: string): void {
    this.#faults -= this.#witnesses.get(jobId)?.isFault === true ? 1 : 0;
    this.#witnesses.delete(jobId);
  }
}
