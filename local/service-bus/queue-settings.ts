/** A queue as it is declared at start. Times are milliseconds. */
export interface QueueSettings {
  readonly name: string;
  /** How long a receiver owns a message; 60,000 when absent, as on the service. */
  readonly lockDurationMs?: number;
  /** After so many deliveries without completion a message is dead-lettered; 2,147,483,647 when absent. */
  readonly maxDeliveryCount?: number;
  /** For how long a message id is remembered; duplicate detection is off when absent. */
  readonly duplicateDetectionWindowMs?: number;
}

/** The service's highest maximum: an int32. */
const highestDeliveryCount = 2_147_483_647;

/** The settings of an entity with the defaults filled in. */
export interface EntitySettings {
  readonly lockDurationMs: number;
  readonly maxDeliveryCount: number;
  readonly duplicateDetectionWindowMs: number | undefined;
}

export function entitySettings(queue: QueueSettings): EntitySettings {
  return {
    lockDurationMs: queue.lockDurationMs ?? 60_000,
    maxDeliveryCount: queue.maxDeliveryCount ?? highestDeliveryCount,
    duplicateDetectionWindowMs: queue.duplicateDetectionWindowMs,
  };
}
