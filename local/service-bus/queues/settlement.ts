import type { EncodedEntry } from '../amqp/amqp-decode.ts';
import { encodeString } from '../amqp/amqp-encode.ts';
import { conditions, lockLost, sessionLockLost, type AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from './entity.ts';
import type { Lock, LockTable } from './lock-table.ts';
import type { LockToken } from './lock-token.ts';
import { changeApplicationProperties } from '../amqp/message-sections.ts';
import { deadLetterDescription, deadLetterReason, type Outcome } from '../amqp/outcome.ts';
import type { QueueStore } from './queue-store.ts';

/**
 * Ends locks. Rules of the service: an abandoned delivery and an expired lock raise the delivery count, except in a
 * dead-letter queue; at the queue's maximum the message is dead-lettered; a dead-letter queue has no dead-letter queue
 * (https://learn.microsoft.com/azure/service-bus-messaging/message-transfers-locks-settlement).
 */
export class Settlement {
  readonly #store: QueueStore;
  readonly #locks: LockTable;
  readonly #wake: (entity: Entity) => void;

  constructor(fields: {
    readonly store: QueueStore;
    readonly locks: LockTable;
    readonly wake: (entity: Entity) => void;
  }) {
    this.#store = fields.store;
    this.#locks = fields.locks;
    this.#wake = fields.wake;
  }

  /** @returns why the outcome was refused; the lock is then as it was */
  settle(fields: {
    readonly entity: Entity;
    readonly token: LockToken;
    readonly outcome: Outcome;
    readonly nowMs: number;
  }): AmqpError | undefined {
    const { outcome } = fields;
    const lock = this.#locks.find(fields.entity, fields.token, fields.nowMs);
    if (lock === undefined) {
      return fields.entity.sessions === undefined ? lockLost() : sessionLockLost();
    }
    switch (outcome.kind) {
      case 'complete':
        this.#locks.remove(lock);
        this.#store.remove(lock.id);
        return undefined;
      case 'abandon':
        this.#locks.remove(lock);
        this.#comeBack(lock, outcome.changes);
        return undefined;
      case 'release':
        // This was no delivery.
        this.giveBack(lock, false);
        return undefined;
      case 'deadLetter':
        return this.#deadLetter(lock, outcome.changes);
      case 'defer':
        this.#defer(lock, outcome.changes);
        return undefined;
    }
  }

  /** Ends a lock without a settlement. @param counted as a delivery */
  giveBack(lock: Lock, counted: boolean): void {
    if (!this.#locks.remove(lock)) {
      return;
    }
    if (counted) {
      this.#comeBack(lock, []);
    } else {
      this.#free(lock, lock.deliveryCount);
    }
  }

  /** A message that nobody holds has expired. */
  endExpired(entity: Entity, message: Pick<Lock, 'id' | 'sequence' | 'deliveryCount'>): void {
    const to = entity.deadLetters;
    if (to === undefined || !entity.settings.deadLetterOnExpiration) {
      this.#store.remove(message.id);
      return;
    }
    this.#change(message.id, reasonOf('TTLExpiredException', 'The message expired and was dead lettered.'));
    this.#store.move(message.id, to.id, message.deliveryCount);
    to.ready.add(message.sequence);
    this.#wake(to);
  }

  /** Ends chosen locks of an entity before their time: the messages come back. @returns how many */
  lapse(entity: Entity, isChosen: () => boolean): number {
    const chosen = this.#locks.of(entity).filter(() => isChosen());
    for (const lock of chosen) {
      this.#locks.remove(lock);
      this.#comeBack(lock, []);
    }
    return chosen.length;
  }

  expire(nowMs: number): void {
    for (const lock of this.#locks.takeExpired(nowMs)) {
      this.#comeBack(lock, []);
    }
  }

  /** A delivery that ended without a result. The lock is already removed. */
  #comeBack(lock: Lock, changes: readonly EncodedEntry[]): void {
    const { entity } = lock;
    const deliveryCount = countedOnce(lock);
    if (entity.deadLetters !== undefined && deliveryCount >= entity.settings.maxDeliveryCount) {
      const description = `Message could not be consumed after ${deliveryCount} delivery attempts.`;
      const reason = reasonOf('MaxDeliveryCountExceeded', description);
      this.#move({ lock, to: entity.deadLetters, deliveryCount, changes: [...changes, ...reason] });
      return;
    }
    this.#change(lock.id, changes);
    this.#free(lock, deliveryCount);
  }

  /** Undoes the lock: the message is deferred again, or ready. */
  #free(lock: Lock, deliveryCount: number): void {
    const { entity, sequence } = lock;
    if (lock.deferred) {
      this.#setAside(lock, deliveryCount);
      return;
    }
    this.#store.unlock(lock.id, deliveryCount);
    entity.makeReady(sequence, lock.hold?.session);
    // It may have expired while it was locked.
    entity.nextExpiryMs = entity.mayExpire ? 0 : entity.nextExpiryMs;
    this.#wake(entity);
  }

  #defer(lock: Lock, changes: readonly EncodedEntry[]): void {
    this.#locks.remove(lock);
    this.#change(lock.id, changes);
    this.#setAside(lock, countedOnce(lock));
  }

  #setAside(lock: Lock, deliveryCount: number): void {
    this.#store.defer(lock.id, deliveryCount);
    lock.entity.deferred.add(lock.sequence);
  }

  #deadLetter(lock: Lock, changes: readonly EncodedEntry[]): AmqpError | undefined {
    const to = lock.entity.deadLetters;
    if (to === undefined) {
      return {
        condition: conditions.notAllowed,
        description: `A message in '${lock.entity.name}' cannot be dead-lettered again.`,
      };
    }
    this.#locks.remove(lock);
    this.#move({ lock, to, deliveryCount: lock.deliveryCount, changes });
    return undefined;
  }

  #move({ lock, to, deliveryCount, changes }: Move): void {
    this.#change(lock.id, changes);
    this.#store.move(lock.id, to.id, deliveryCount);
    to.ready.add(lock.sequence);
    this.#wake(to);
  }

  #change(id: number, changes: readonly EncodedEntry[]): void {
    if (changes.length > 0) {
      this.#store.changeApplicationProperties(id, (section) => changeApplicationProperties(section, changes));
    }
  }
}

/** The delivery count after a delivery without a result. */
function countedOnce({ deliveryCount, entity }: Lock): number {
  return deliveryCount + (entity.deadLetters === undefined ? 0 : 1);
}

function reasonOf(reason: string, description: string): EncodedEntry[] {
  return [
    [deadLetterReason, encodeString(reason)],
    [deadLetterDescription, encodeString(description)],
  ];
}

interface Move {
  readonly lock: Lock;
  readonly to: Entity;
  readonly deliveryCount: number;
  readonly changes: readonly EncodedEntry[];
}
