import type { EncodedEntry } from './amqp-decode.ts';
import { encodeString } from './amqp-encode.ts';
import { conditions, lockLost, notCarried, type AmqpError } from './amqp-error.ts';
import type { Entity } from './entity.ts';
import type { Lock, LockTable } from './lock-table.ts';
import type { LockToken } from './lock-token.ts';
import { changeApplicationProperties } from './message-sections.ts';
import { deadLetterDescription, deadLetterReason, type Outcome } from './outcome.ts';
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
      return lockLost();
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
        this.release(lock);
        return undefined;
      case 'deadLetter':
        return this.#deadLetter(lock, outcome.changes);
      case 'defer':
        return notCarried('deferring messages');
    }
  }

  /** Makes a message available that never reached its receiver: this was no delivery. */
  release(lock: Lock): void {
    this.#locks.remove(lock);
    this.#store.unlock(lock.id, lock.deliveryCount);
    lock.entity.ready.add(lock.sequence);
    this.#wake(lock.entity);
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

  #comeBack(lock: Lock, changes: readonly EncodedEntry[]): void {
    const { entity } = lock;
    const deliveryCount = lock.deliveryCount + (entity.deadLetters === undefined ? 0 : 1);
    if (entity.deadLetters !== undefined && deliveryCount >= entity.settings.maxDeliveryCount) {
      const reason: EncodedEntry[] = [
        [deadLetterReason, encodeString('MaxDeliveryCountExceeded')],
        [
          deadLetterDescription,
          encodeString(`Message could not be consumed after ${deliveryCount} delivery attempts.`),
        ],
      ];
      this.#move({ lock, to: entity.deadLetters, deliveryCount, changes: [...changes, ...reason] });
      return;
    }
    this.#change(lock, changes);
    this.#store.unlock(lock.id, deliveryCount);
    entity.ready.add(lock.sequence);
    this.#wake(entity);
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
    this.#change(lock, changes);
    this.#store.move(lock.id, to.id, deliveryCount);
    to.ready.add(lock.sequence);
    this.#wake(to);
  }

  #change(lock: Lock, changes: readonly EncodedEntry[]): void {
    if (changes.length > 0) {
      const section = this.#store.applicationProperties(lock.id);
      this.#store.saveApplicationProperties(lock.id, changeApplicationProperties(section, changes));
    }
  }
}

interface Move {
  readonly lock: Lock;
  readonly to: Entity;
  readonly deliveryCount: number;
  readonly changes: readonly EncodedEntry[];
}
