/**
 * Keeps what is too large for a message or a document (port): UTF-8 texts by name. A name that `payload-name.ts` did not
 * make is never joined to an address (S1): writing and removing it throws AppError `payloads.invalid_name`, and reading
 * finds nothing, as nothing can be there. Faults of the store are thrown as `payloads.unavailable` (retryable) or
 * `payloads.forbidden`.
 */
export interface PayloadStore {
  /** Stores or replaces, whole or not at all: doing it twice is doing it once. Bytes must be UTF-8. */
  readonly put: (name: string, content: string | Uint8Array) => Promise<void>;
  /** Reads a payload of at most `maxBytes`; a larger one is not read. */
  readonly get: (name: string, maxBytes: number) => Promise<PayloadRead>;
  /** Removes a payload; one that is not there is removed already. */
  readonly remove: (name: string) => Promise<void>;
  /**
   * Removes every request and every result of a job, those of attempts that did not count included, and tells how many there
   * were. Throws AppError `payloads.invalid_name` for what is no job id.
   */
  readonly removeOf: (jobId: string) => Promise<number>;
}

export type PayloadRead =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'tooLarge'; readonly bytes: number };
