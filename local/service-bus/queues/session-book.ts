import type { Consumer } from '../connections/consumer.ts';
import type { Lock } from './lock-table.ts';
import { ReadyList } from './ready-list.ts';

/** A receiver's lock on a session. The messages that it receives are locked for as long as the session is. */
export interface SessionHold {
  readonly session: string;
  /** The link that received it: management requests name it. */
  readonly linkName: string;
  readonly locks: Set<Lock>;
  /** Epoch milliseconds. */
  untilMs: number;
  /** Called when the lock ran out, or was taken away: the receiver has to go. */
  readonly lost: () => void;
}

/** Wants the next session that has messages and no receiver. */
export interface SessionWaiter {
  readonly linkName: string;
  readonly lost: () => void;
  readonly accepted: (hold: SessionHold) => void;
}

interface MessageSession {
  readonly id: string;
  readonly ready: ReadyList;
  hold: SessionHold | undefined;
  consumer: Consumer | undefined;
}

/**
 * The sessions of one queue, in memory. A session is known while it has ready messages or a receiver.
 *
 * S1 A session has one receiver at most.
 * S2 `#free` holds the sessions with ready messages and no receiver, the one that has waited longest first.
 * S3 Messages of a session leave in the order of their sequence numbers.
 */
export class SessionBook {
  readonly waiters = new Set<SessionWaiter>();
  readonly #sessions = new Map<string, MessageSession>();
  readonly #free = new Set<MessageSession>();
  readonly #held = new Set<MessageSession>();
  #readyCount = 0;

  get readyCount(): number {
    return this.#readyCount;
  }

  add(id: string, sequence: number): void {
    const session = this.#open(id);
    session.ready.add(sequence);
    this.#readyCount += 1;
    if (session.hold === undefined) {
      this.#free.add(session);
    }
  }

  /** Forgets a ready message. */
  remove(id: string, sequence: number): void {
    const session = this.#sessions.get(id);
    if (session?.ready.remove(sequence) === true) {
      this.#readyCount -= 1;
      this.#tidy(session);
    }
  }

  holdOf(id: string): SessionHold | undefined {
    return this.#sessions.get(id)?.hold;
  }

  holds(): SessionHold[] {
    return [...this.#held].map(({ hold }) => hold).filter((hold) => hold !== undefined);
  }

  /** The session to give to who asks for any. */
  nextFree(): string | undefined {
    const [session] = this.#free;
    return session?.id;
  }

  /** The caller has checked that nobody holds it. */
  hold(hold: SessionHold): void {
    const session = this.#open(hold.session);
    session.hold = hold;
    this.#free.delete(session);
    this.#held.add(session);
  }

  attach(hold: SessionHold, consumer: Consumer): void {
    const session = this.#sessions.get(hold.session);
    if (session?.hold === hold) {
      session.consumer = consumer;
    }
  }

  /** @returns false when the receiver no longer held it */
  release(hold: SessionHold): boolean {
    const session = this.#sessions.get(hold.session);
    if (session?.hold !== hold) {
      return false;
    }
    session.hold = undefined;
    session.consumer = undefined;
    this.#held.delete(session);
    this.#tidy(session);
    return true;
  }

  /** How many messages are ready for a receiver. */
  readyFor(hold: SessionHold): number {
    const session = this.#sessions.get(hold.session);
    return session?.hold === hold ? session.ready.size : 0;
  }

  /** Takes the next message that can go out. */
  take(): { readonly sequence: number; readonly consumer: Consumer } | undefined {
    for (const session of this.#held) {
      const { consumer } = session;
      if (consumer !== undefined && session.ready.size > 0 && consumer.capacity() > 0) {
        const sequence = session.ready.take();
        // Receivers are served in turns: this one goes to the end.
        this.#held.delete(session);
        this.#held.add(session);
        this.#readyCount -= 1;
        return sequence === undefined ? undefined : { sequence, consumer };
      }
    }
    return undefined;
  }

  #open(id: string): MessageSession {
    const known = this.#sessions.get(id);
    if (known !== undefined) {
      return known;
    }
    const session = { id, ready: new ReadyList(), hold: undefined, consumer: undefined };
    this.#sessions.set(id, session);
    return session;
  }

  #tidy(session: MessageSession): void {
    if (session.hold !== undefined) {
      return;
    }
    if (session.ready.size > 0) {
      this.#free.add(session);
    } else {
      this.#free.delete(session);
      this.#sessions.delete(session.id);
    }
  }
}
