import type { Lock } from '../queues/lock-table.ts';
import type { SessionHold } from '../queues/session-book.ts';

/** A message on its way to a receiver. `lock` is absent in receive-and-delete mode. */
export interface Delivery {
  readonly bytes: Buffer;
  readonly lock: Lock | undefined;
}

/** A receiver of an entity, as the engine sees it. */
export interface Consumer {
  /** The receiver wants messages settled when they are sent (receive-and-delete). */
  readonly presettled: boolean;
  /** The session that it receives from, in a queue of sessions. */
  readonly hold: SessionHold | undefined;
  /** The receiver waits for `answerDrain`. */
  readonly draining: boolean;
  /** How many more messages it can take now. */
  readonly capacity: () => number;
  /** Takes one off the capacity for a message that is delivered after the commit. */
  readonly reserve: () => void;
  /** Sends a reserved message. False when the receiver has gone meanwhile. */
  readonly deliver: (delivery: Delivery) => boolean;
  /** Gives all unused credit back. */
  readonly answerDrain: () => void;
}
