/** A queue as it is declared at start or made through the administration endpoint. Times are milliseconds. */
export interface QueueSettings {
  readonly name: string;
  /** How long a receiver owns a message; 60,000 when absent, as on the service. */
  readonly lockDurationMs?: number | undefined;
  /** After so many deliveries without completion a message is dead-lettered; 2,147,483,647 when absent. */
  readonly maxDeliveryCount?: number | undefined;
  /** For how long a message id is remembered; duplicate detection is off when absent. */
  readonly duplicateDetectionWindowMs?: number | undefined;
  /** Of messages without one, and the most that any gets; unbounded when absent. */
  readonly defaultMessageTtlMs?: number | undefined;
  /** Expired messages go to the dead-letter queue; they are dropped when absent or false. */
  readonly deadLetterOnExpiration?: boolean | undefined;
  /** Every message has a session, and receivers take sessions; false when absent. */
  readonly requiresSession?: boolean | undefined;
  /** The largest message, and batch; 262,144 when absent, as on the Standard tier. */
  readonly maxMessageBytes?: number | undefined;
  /** What all messages of the queue and of its dead-letter queue may take together; 80 GB when absent, the most there is. */
  readonly maxSizeBytes?: number | undefined;
  /** Kept and given back. */
  readonly userMetadata?: string | undefined;
  /** Kept and given back; true when absent. What arrives together is always committed together. */
  readonly batchesOperations?: boolean | undefined;
}

/** The service's highest maximum: an int32. */
const highestDeliveryCount = 2_147_483_647;

/** The settings of an entity with the defaults filled in. */
export interface EntitySettings {
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly duplicateDetectionWindowMs: number | undefined;
  readonly defaultMessageTtlMs: number | undefined;
  readonly deadLetterOnExpiration: boolean;
  readonly requiresSession: boolean;
  readonly maxMessageBytes: number;
  readonly maxSizeBytes: number;
}

export function entitySettings(queue: QueueSettings): EntitySettings {
  return {
    lockDurationMs: queue.lockDurationMs ?? 60_000,
    maxDeliveryCount: queue.maxDeliveryCount ?? highestDeliveryCount,
    duplicateDetectionWindowMs: queue.duplicateDetectionWindowMs,
    defaultMessageTtlMs: queue.defaultMessageTtlMs,
    deadLetterOnExpiration: queue.deadLetterOnExpiration ?? false,
    requiresSession: queue.requiresSession ?? false,
    maxMessageBytes: queue.maxMessageBytes ?? 262_144,
    maxSizeBytes: queue.maxSizeBytes ?? 80 * 1024 * 1024 * 1024,
  };
}
