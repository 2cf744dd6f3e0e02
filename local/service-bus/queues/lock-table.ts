import { BinaryHeap } from './binary-heap.ts';
import type { Entity } from './entity.ts';
import { newLockToken, type LockToken } from './lock-token.ts';
import type { SessionHold } from './session-book.ts';

/** A message that a receiver owns until `untilMs`. */
export interface Lock {
  readonly token: LockToken;
  readonly entity: Entity;
  /** The message's row and its place in the entity. */
  readonly id: number;
  readonly sequence: number;
  readonly deliveryCount: number;
  /** The message was deferred, and is so again when the lock ends without a settlement. */
  readonly deferred: boolean;
  /** The lock of the session that this one shares, and ends with. */
  readonly hold: SessionHold | undefined;
  /** Without end in a session. */
  untilMs: number;
}

/** A new lock on a message. */
export function newLock({
  entity,
  message,
  hold,
  nowMs,
}: {
  readonly entity: Entity;
  readonly message: Pick<Lock, 'id' | 'sequence' | 'deliveryCount' | 'deferred'>;
  readonly hold: SessionHold | undefined;
  readonly nowMs: number;
}): Lock {
  const { id, sequence, deliveryCount, deferred } = message;
  const untilMs = hold === undefined ? nowMs + entity.settings.lockDurationMs : Number.POSITIVE_INFINITY;
  return { token: newLockToken(), entity, id, sequence, deliveryCount, deferred, hold, untilMs };
}

/**
 * The locks that are held. Each has one entry in a heap by expiry; a renewal only moves `untilMs`, and the entry is put
 * back when its old time comes. Entries of settled messages are skipped, and swept when they are the majority.
 */
export class LockTable {
  readonly #byToken = new Map<LockToken, Lock>();
  readonly #expiries = new BinaryHeap<{ readonly atMs: number; readonly token: LockToken }>(
    (left, right) => left.atMs < right.atMs,
  );

  add(lock: Lock): void {
    this.#byToken.set(lock.token, lock);
    lock.entity.lockedCount += 1;
    if (lock.hold !== undefined) {
      lock.hold.locks.add(lock);
      return;
    }
    this.#expiries.push({ atMs: lock.untilMs, token: lock.token });
    if (this.#expiries.size > 1024 + this.#byToken.size * 2) {
      this.#expiries.retain(({ token }) => this.#byToken.has(token));
    }
  }

  /** The lock of that token in that entity, unless it has expired. */
  find(entity: Entity, token: LockToken, nowMs: number): Lock | undefined {
    const lock = this.#byToken.get(token);
    return lock?.entity === entity && (lock.hold ?? lock).untilMs > nowMs ? lock : undefined;
  }

  /** The locks of an entity, in the order in which they were given. */
  of(entity: Entity): Lock[] {
    return [...this.#byToken.values()].filter((lock) => lock.entity === entity);
  }

  /** @returns whether it was there */
  remove(lock: Lock): boolean {
    const wasHeld = this.#byToken.delete(lock.token);
    if (wasHeld) {
      lock.entity.lockedCount -= 1;
      lock.hold?.locks.delete(lock);
    }
    return wasHeld;
  }

  /** Drops all locks of an entity. */
  forget(entity: Entity): void {
    for (const lock of this.of(entity)) {
      this.remove(lock);
    }
  }

  /** When to call `takeExpired` next. */
  nextExpiryMs(): number | undefined {
    return this.#expiries.peek()?.atMs;
  }

  /** Removes and returns the locks that ran out. */
  takeExpired(nowMs: number): Lock[] {
    const expired: Lock[] = [];
    for (let next = this.#expiries.peek(); next !== undefined && next.atMs <= nowMs; next = this.#expiries.peek()) {
      this.#expiries.take();
      const lock = this.#byToken.get(next.token);
      if (lock !== undefined && lock.untilMs > nowMs) {
        this.#expiries.push({ atMs: lock.untilMs, token: lock.token });
      } else if (lock !== undefined) {
        this.remove(lock);
        expired.push(lock);
      }
    }
    return expired;
  }
}
