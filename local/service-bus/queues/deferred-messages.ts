import { messagesNotFound, sessionLockLost, type AmqpError } from '../amqp/amqp-error.ts';
import { encodeDelivered } from '../amqp/delivered-message.ts';
import type { Entity } from './entity.ts';
import { newLock, type LockTable } from './lock-table.ts';
import type { QueueStore, StoredMessage } from './queue-store.ts';
import type { SessionHold } from './session-book.ts';
import type { Settlement } from './settlement.ts';
import type { Turn } from './turn.ts';

/** A deferred message on its way to who asked for it; no token in receive-and-delete mode. */
export interface DeferredDelivery {
  readonly bytes: Buffer;
  readonly token: string | undefined;
}

export interface DeferredRequest {
  readonly sequences: readonly number[];
  /** Receive-and-delete. */
  readonly presettled: boolean;
  /** In a queue of sessions. */
  readonly session: string | undefined;
}

/** Receives deferred messages by their sequence numbers: all that are asked for, or none. */
export class DeferredMessages {
  readonly #store: QueueStore;
  readonly #locks: LockTable;
  readonly #settlement: Settlement;
  readonly #turn: Turn;

  constructor(fields: {
    readonly store: QueueStore;
    readonly locks: LockTable;
    readonly settlement: Settlement;
    readonly turn: Turn;
  }) {
    this.#store = fields.store;
    this.#locks = fields.locks;
    this.#settlement = fields.settlement;
    this.#turn = fields.turn;
  }

  receive(
    place: { readonly entity: Entity; readonly nowMs: number },
    request: DeferredRequest,
    received: (deliveries: readonly DeferredDelivery[] | AmqpError) => void,
  ): void {
    this.#turn.attempt(() => {
      const answer = this.#receive(place.entity, request, place.nowMs);
      this.#turn.afterCommit(() => {
        received(answer);
      });
    });
  }

  #receive(entity: Entity, request: DeferredRequest, nowMs: number): DeferredDelivery[] | AmqpError {
    const hold = request.session === undefined ? undefined : entity.sessions?.holdOf(request.session);
    if (entity.sessions !== undefined && (hold === undefined || hold.untilMs <= nowMs)) {
      return sessionLockLost();
    }
    const found: StoredMessage[] = [];
    const missing: number[] = [];
    for (const sequence of new Set(request.sequences)) {
      const message = this.#find(entity, sequence, nowMs);
      if (message === undefined || message.session !== hold?.session) {
        missing.push(sequence);
      } else {
        found.push(message);
      }
    }
    if (missing.length > 0) {
      return messagesNotFound(missing);
    }
    return found.map((message) => this.#hand({ entity, message, hold, presettled: request.presettled, nowMs }));
  }

  #find(entity: Entity, sequence: number, nowMs: number): StoredMessage | undefined {
    const message = entity.deferred.has(sequence) ? this.#store.load(entity.id, sequence) : undefined;
    if (message?.expiresAtMs !== undefined && message.expiresAtMs <= nowMs) {
      entity.deferred.delete(sequence);
      this.#settlement.endExpired(entity, message);
      return undefined;
    }
    return message;
  }

  #hand({ entity, hold, message, nowMs, presettled }: Handed): DeferredDelivery {
    entity.deferred.delete(message.sequence);
    if (presettled) {
      this.#store.remove(message.id);
      return { bytes: encodeDelivered(message), token: undefined };
    }
    const lock = newLock({ entity, message, hold, nowMs });
    this.#store.lock(lock.id, lock.token, hold?.untilMs ?? lock.untilMs);
    this.#locks.add(lock);
    return { bytes: encodeDelivered(message, { lockedUntilMs: hold?.untilMs ?? lock.untilMs }), token: lock.token };
  }
}

interface Handed {
  readonly entity: Entity;
  readonly message: StoredMessage;
  readonly hold: SessionHold | undefined;
  readonly presettled: boolean;
  readonly nowMs: number;
}
