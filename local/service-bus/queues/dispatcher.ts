import type { Consumer } from '../connections/consumer.ts';
import { encodeDelivered } from '../amqp/delivered-message.ts';
import type { Entity } from './entity.ts';
import { newLock, type Lock, type LockTable } from './lock-table.ts';
import type { QueueStore, StoredMessage } from './queue-store.ts';
import type { Turn } from './turn.ts';

/** How much one entity hands out in one turn, so that no backlog holds the event loop or the memory. */
const messagesPerTurn = 512;
const bytesPerTurn = 4 * 1024 * 1024;

/** Gives ready messages to receivers with credit: locks them in the turn's transaction, sends them after the commit. */
export class Dispatcher {
  readonly #store: QueueStore;
  readonly #locks: LockTable;
  readonly #turn: Turn;
  readonly #release: (lock: Lock) => void;
  readonly #endExpired: (entity: Entity, message: StoredMessage) => void;

  constructor(fields: {
    readonly store: QueueStore;
    readonly locks: LockTable;
    readonly turn: Turn;
    readonly release: (lock: Lock) => void;
    readonly endExpired: (entity: Entity, message: StoredMessage) => void;
  }) {
    this.#store = fields.store;
    this.#locks = fields.locks;
    this.#turn = fields.turn;
    this.#release = fields.release;
    this.#endExpired = fields.endExpired;
  }

  /** @returns whether there is more to hand out at once */
  dispatch(entity: Entity, nowMs: number): boolean {
    let messages = 0;
    let bytes = 0;
    while (messages < messagesPerTurn && bytes < bytesPerTurn) {
      const next = entity.takeNext();
      if (next === undefined) {
        break;
      }
      bytes += this.#deliver({ entity, ...next, nowMs });
      messages += 1;
    }
    for (const consumer of entity.consumers) {
      if (consumer.draining && (entity.readyFor(consumer) === 0 || consumer.capacity() <= 0)) {
        this.#turn.afterCommit(() => {
          consumer.answerDrain();
        });
      }
    }
    return (
      entity.readyCount > 0 &&
      entity.consumers.some((consumer) => consumer.capacity() > 0 && entity.readyFor(consumer) > 0)
    );
  }

  /** @returns the size of what was delivered */
  #deliver({ entity, sequence, consumer, nowMs }: NextDelivery): number {
    const message = this.#store.load(entity.id, sequence);
    if (message === undefined) {
      return 0;
    }
    if (message.expiresAtMs !== undefined && message.expiresAtMs <= nowMs) {
      this.#endExpired(entity, message);
      return 0;
    }
    consumer.reserve();
    if (consumer.presettled) {
      this.#store.remove(message.id);
      const bytes = encodeDelivered(message);
      this.#turn.afterCommit(() => {
        consumer.deliver({ bytes, lock: undefined });
      });
      return bytes.length;
    }
    return this.#deliverLocked({ entity, consumer, message, nowMs });
  }

  #deliverLocked({ entity, consumer, message, nowMs }: LockedDelivery): number {
    const lock = newLock({ entity, message, hold: consumer.hold, nowMs });
    const lockedUntilMs = consumer.hold?.untilMs ?? lock.untilMs;
    this.#store.lock(lock.id, lock.token, lockedUntilMs);
    this.#locks.add(lock);
    const bytes = encodeDelivered(message, { lockedUntilMs });
    this.#turn.afterCommit(() => {
      if (!consumer.deliver({ bytes, lock })) {
        this.#release(lock);
      }
    });
    return bytes.length;
  }
}

interface NextDelivery {
  readonly entity: Entity;
  readonly sequence: number;
  readonly consumer: Consumer;
  readonly nowMs: number;
}

interface LockedDelivery {
  readonly entity: Entity;
  readonly consumer: Consumer;
  readonly message: StoredMessage;
  readonly nowMs: number;
}
