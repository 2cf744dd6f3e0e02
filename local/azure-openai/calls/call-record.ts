/** One call as the audit keeps it. */
export interface CallRecord {
  /** 1, 2, 3 … over the life of the database. */
  readonly number: number;
  /** Arrival, or the limiter's verdict once there is one; epoch milliseconds. */
  readonly at: number;
  readonly region: string;
  /** Empty when the call named no deployment of the region or was refused before. */
  readonly deployment: string;
  /** Key of the limiter that judged it. */
  readonly limiter: string;
  /** `x-ms-client-request-id` as sent. */
  readonly clientRequestId: string;
  /** What was answered; 0 for a cut connection, 499 when the caller went away, null while unanswered. */
  readonly status: number | null;
  /** Short name of what went wrong; empty for a completed call. */
  readonly code: string;
  /** Which window a call with status 429 met; empty for any other call. */
  readonly throttledBy: '' | 'tokens' | 'requests';
  readonly cost: number;
  readonly isAdmitted: boolean;
  readonly promptTokens: number;
  readonly completionTokens: number;
}
