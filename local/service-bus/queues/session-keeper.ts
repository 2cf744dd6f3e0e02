import { BinaryHeap } from './binary-heap.ts';
import { sessionCannotBeLocked, sessionLockLost, type AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from './entity.ts';
import type { Lock } from './lock-table.ts';
import type { QueueStore } from './queue-store.ts';
import type { SessionBook, SessionHold, SessionWaiter } from './session-book.ts';
import type { Turn } from './turn.ts';

/** Who asks for a session; `session` is absent when any will do. */
export interface SessionRequest extends Omit<SessionWaiter, 'accepted'> {
  readonly session: string | undefined;
  readonly accepted: (hold: SessionHold) => void;
  readonly refused: (error: AmqpError) => void;
}

/** Names a session in a management request; the link is checked when it is named. */
export interface SessionPlace {
  readonly entity: Entity;
  readonly session: string;
  readonly linkName: string | undefined;
}

type Answered<Result> = (result: Result | AmqpError) => void;

/**
 * Gives sessions to receivers and takes them back. A session that its receiver gives up keeps the delivery counts of
 * the messages that were not settled; when its lock runs out they count as delivered
 * (https://learn.microsoft.com/azure/service-bus-messaging/message-sessions).
 */
export class SessionKeeper {
  readonly #store: QueueStore;
  readonly #turn: Turn;
  readonly #now: () => number;
  readonly #wake: (entity: Entity) => void;
  readonly #comeBack: (lock: Lock, counted: boolean) => void;
  readonly #expiries = new BinaryHeap<{ readonly atMs: number; readonly entity: Entity; readonly hold: SessionHold }>(
    (left, right) => left.atMs < right.atMs,
  );
  /** How many sessions are held. The heap keeps those that were given up until their time, or until they are most. */
  #held = 0;

  constructor(fields: {
    readonly store: QueueStore;
    readonly turn: Turn;
    readonly now: () => number;
    readonly wake: (entity: Entity) => void;
    /** Ends a message's lock without settling it. */
    readonly comeBack: (lock: Lock, counted: boolean) => void;
  }) {
    this.#store = fields.store;
    this.#turn = fields.turn;
    this.#now = fields.now;
    this.#wake = fields.wake;
    this.#comeBack = fields.comeBack;
  }

  /**
   * Locks a session: the one that is named, or the next that has messages, for which this waits.
   * @returns gives the wait up
   */
  accept(entity: Entity, request: SessionRequest): () => void {
    const book = bookOf(entity);
    const { session } = request;
    if (session === undefined) {
      book.waiters.add(request);
      this.#wake(entity);
      return () => {
        book.waiters.delete(request);
      };
    }
    this.#turn.attempt(() => {
      if (book.holdOf(session) === undefined) {
        this.#give({ entity, session, waiter: request });
      } else {
        this.#turn.afterCommit(() => {
          request.refused(sessionCannotBeLocked(session));
        });
      }
    });
    return () => undefined;
  }

  /** Gives free sessions to those who wait for one. */
  serve(entity: Entity): void {
    const book = entity.sessions;
    for (const waiter of book?.waiters ?? []) {
      const session = book?.nextFree();
      if (session === undefined) {
        return;
      }
      book?.waiters.delete(waiter);
      this.#give({ entity, session, waiter });
    }
  }

  /** The receiver gives the session up. */
  release(entity: Entity, hold: SessionHold): void {
    this.#turn.attempt(() => {
      this.#end({ entity, hold, counted: false });
    });
  }

  renew(place: SessionPlace, renewed: Answered<number>): void {
    this.#turn.attempt(() => {
      const hold = this.#find(place);
      if (hold !== undefined) {
        hold.untilMs = this.#now() + place.entity.settings.lockDurationMs;
      }
      const untilMs = hold?.untilMs;
      this.#turn.afterCommit(() => {
        renewed(untilMs ?? sessionLockLost());
      });
    });
  }

  /** @param read gets the state, or null when none was set */
  readState(place: SessionPlace, read: (state: Buffer | null | AmqpError) => void): void {
    const state =
      this.#find(place) === undefined
        ? sessionLockLost()
        : (this.#store.sessionStates.read(place.entity.id, place.session) ?? null);
    this.#turn.afterCommit(() => {
      read(state);
    });
  }

  /** @param state undefined clears it */
  writeState(place: SessionPlace, state: Buffer | undefined, written: (error: AmqpError | undefined) => void): void {
    this.#turn.attempt(() => {
      const error = this.#find(place) === undefined ? sessionLockLost() : undefined;
      if (error === undefined) {
        this.#store.sessionStates.save(place.entity.id, place.session, state);
      }
      this.#turn.afterCommit(() => {
        written(error);
      });
    });
  }

  /** Takes sessions from their receivers as if their time had come. @returns how many messages come back */
  lapse(entity: Entity, isChosen: () => boolean): number {
    let count = 0;
    for (const hold of entity.sessions?.holds() ?? []) {
      if (isChosen()) {
        count += hold.locks.size;
        this.#lose(entity, hold);
      }
    }
    return count;
  }

  nextExpiryMs(): number | undefined {
    return this.#expiries.peek()?.atMs;
  }

  expire(nowMs: number): void {
    for (let next = this.#expiries.peek(); next !== undefined && next.atMs <= nowMs; next = this.#expiries.peek()) {
      this.#expiries.take();
      const { entity, hold } = next;
      if (!isHeld(entity, hold)) {
        continue;
      }
      if (hold.untilMs > nowMs) {
        this.#expiries.push({ atMs: hold.untilMs, entity, hold });
      } else {
        this.#lose(entity, hold);
      }
    }
  }

  #find({ entity, session, linkName }: SessionPlace): SessionHold | undefined {
    const hold = entity.sessions?.holdOf(session);
    const isMeant = hold !== undefined && hold.untilMs > this.#now();
    return isMeant && (linkName === undefined || linkName === hold.linkName) ? hold : undefined;
  }

  #give({ entity, session, waiter }: Gift): void {
    const { linkName, lost } = waiter;
    const untilMs = this.#now() + entity.settings.lockDurationMs;
    const hold: SessionHold = { session, linkName, locks: new Set(), untilMs, lost };
    bookOf(entity).hold(hold);
    this.#expiries.push({ atMs: untilMs, entity, hold });
    this.#held += 1;
    if (this.#expiries.size > 1024 + this.#held * 2) {
      this.#expiries.retain((expiry) => isHeld(expiry.entity, expiry.hold));
    }
    this.#turn.afterCommit(() => {
      waiter.accepted(hold);
    });
  }

  #lose(entity: Entity, hold: SessionHold): void {
    this.#end({ entity, hold, counted: true });
    this.#turn.afterCommit(() => {
      hold.lost();
    });
  }

  #end({ entity, hold, counted }: { entity: Entity; hold: SessionHold; counted: boolean }): void {
    for (const lock of hold.locks) {
      this.#comeBack(lock, counted);
    }
    if (entity.sessions?.release(hold) === true) {
      this.#held -= 1;
      this.#wake(entity);
    }
  }
}

interface Gift {
  readonly entity: Entity;
  readonly session: string;
  readonly waiter: SessionWaiter;
}

function isHeld(entity: Entity, hold: SessionHold): boolean {
  return entity.sessions?.holdOf(hold.session) === hold;
}

function bookOf(entity: Entity): SessionBook {
  if (entity.sessions === undefined) {
    throw new Error(`The entity '${entity.name}' has no sessions.`);
  }
  return entity.sessions;
}
