import type { Entity } from './entity.ts';
import type { QueueStore } from './queue-store.ts';
import type { Settlement } from './settlement.ts';

/** How many messages of one entity expire in one turn, so that no backlog holds the event loop. */
const messagesPerTurn = 512;

/**
 * Ends the messages whose time to live is over: into the dead-letter queue when the queue asks for it, else dropped.
 * Locked messages are left to their receivers, deferred ones until somebody asks for them
 * (https://learn.microsoft.com/azure/service-bus-messaging/message-expiration).
 */
export class ExpirySweep {
  readonly #store: QueueStore;
  readonly #settlement: Settlement;

  constructor(fields: { readonly store: QueueStore; readonly settlement: Settlement }) {
    this.#store = fields.store;
    this.#settlement = fields.settlement;
  }

  sweep(entity: Entity, nowMs: number): void {
    if (entity.nextExpiryMs > nowMs) {
      return;
    }
    const expired = this.#store.expired(entity.id, nowMs, messagesPerTurn);
    for (const message of expired) {
      entity.forgetReady(message.sequence, message.session);
      this.#settlement.endExpired(entity, message);
    }
    entity.nextExpiryMs =
      expired.length === messagesPerTurn
        ? nowMs
        : (this.#store.nextExpiry(entity.id, nowMs) ?? Number.POSITIVE_INFINITY);
  }
}
