import type { Consumer } from './consumer.ts';
import { encodeDelivered } from './delivered-message.ts';
import type { Entity } from './entity.ts';
import type { Lock, LockTable } from './lock-table.ts';
import { newLockToken } from './lock-token.ts';
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

  constructor(fields: {
    readonly store: QueueStore;
    readonly locks: LockTable;
    readonly turn: Turn;
    readonly release: (lock: Lock) => void;
  }) {
    this.#store = fields.store;
    this.#locks = fields.locks;
    this.#turn = fields.turn;
    this.#release = fields.release;
  }

  /** @returns whether there is more to hand out at once */
  dispatch(entity: Entity, nowMs: number): boolean {
    let messages = 0;
    let bytes = 0;
    while (entity.ready.size > 0 && messages < messagesPerTurn && bytes < bytesPerTurn) {
      const consumer = entity.nextConsumer();
      if (consumer === undefined) {
        break;
      }
      bytes += this.#deliverNext(entity, consumer, nowMs);
      messages += 1;
    }
    for (const consumer of entity.consumers) {
      if (consumer.draining && (entity.ready.size === 0 || consumer.capacity() <= 0)) {
        this.#turn.afterCommit(() => {
          consumer.answerDrain();
        });
      }
    }
    return entity.ready.size > 0 && entity.consumers.some((consumer) => consumer.capacity() > 0);
  }

  /** @returns the size of what was delivered */
  #deliverNext(entity: Entity, consumer: Consumer, nowMs: number): number {
    const sequence = entity.ready.take();
    const message = sequence === undefined ? undefined : this.#store.load(entity.id, sequence);
    if (message === undefined) {
      return 0;
    }
    if (message.expiresAtMs !== undefined && message.expiresAtMs <= nowMs) {
      this.#store.remove(message.id);
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
    const lock: Lock = {
      token: newLockToken(),
      entity,
      id: message.id,
      sequence: message.sequence,
      deliveryCount: message.deliveryCount,
      untilMs: nowMs + entity.settings.lockDurationMs,
    };
    this.#store.lock(lock.id, lock.token, lock.untilMs);
    this.#locks.add(lock);
    const bytes = encodeDelivered(message, { lockedUntilMs: lock.untilMs });
    this.#turn.afterCommit(() => {
      if (!consumer.deliver({ bytes, lock })) {
        this.#release(lock);
      }
    });
    return bytes.length;
  }
}

interface LockedDelivery {
  readonly entity: Entity;
  readonly consumer: Consumer;
  readonly message: StoredMessage;
  readonly nowMs: number;
}
