import type { Consumer } from '../connections/consumer.ts';
import type { EntitySettings } from './queue-settings.ts';
import { ReadyList } from './ready-list.ts';
import { SessionBook } from './session-book.ts';

export interface ScheduledMessage {
  readonly id: number;
  readonly dueAtMs: number;
  /** In a queue of sessions. */
  readonly session: string | undefined;
}

/**
 * A queue, or the dead-letter queue of one: the state that is kept in memory. A message is in one of four states, each
 * with its index: ready (`ready`, or `sessions` in a queue of sessions), scheduled (`scheduled`), deferred (`deferred`),
 * locked (the lock table of the engine).
 */
export class Entity {
  readonly id: number;
  readonly name: string;
  settings: EntitySettings;
  /** Where this entity's messages are dead-lettered; undefined when it is a dead-letter queue itself. */
  readonly deadLetters: Entity | undefined;
  readonly ready = new ReadyList();
  /** In a queue of sessions. Its dead-letter queue has none. */
  readonly sessions: SessionBook | undefined;
  readonly scheduled = new Map<number, ScheduledMessage>();
  /** Sequence numbers. */
  readonly deferred = new Set<number>();
  readonly consumers: Consumer[] = [];
  lockedCount = 0;
  lastSequence: number;
  savedSequence: number;
  /** When ids outside of the duplicate detection window were last forgotten. */
  idsForgottenAtMs = 0;
  /** When to look for expired messages: no message that could be delivered expires before. Epoch milliseconds. */
  nextExpiryMs = Number.POSITIVE_INFINITY;
  /** Whether a message with a time to live was ever in it. */
  mayExpire = false;
  /** When a message was last sent or asked for, since the start. */
  accessedAtMs: number | undefined;
  #turn = 0;

  constructor(fields: {
    readonly id: number;
    readonly name: string;
    readonly settings: EntitySettings;
    readonly deadLetters: Entity | undefined;
    readonly lastSequence: number;
  }) {
    this.id = fields.id;
    this.name = fields.name;
    this.settings = fields.settings;
    this.deadLetters = fields.deadLetters;
    this.lastSequence = fields.lastSequence;
    this.savedSequence = fields.lastSequence;
    const hasSessions = fields.settings.requiresSession && fields.deadLetters !== undefined;
    this.sessions = hasSessions ? new SessionBook() : undefined;
  }

  nextSequence(): number {
    this.lastSequence += 1;
    return this.lastSequence;
  }

  get readyCount(): number {
    return this.sessions?.readyCount ?? this.ready.size;
  }

  /** @param session of the message, in a queue of sessions */
  makeReady(sequence: number, session: string | undefined): void {
    if (this.sessions === undefined) {
      this.ready.add(sequence);
    } else if (session !== undefined) {
      this.sessions.add(session, sequence);
    }
  }

  forgetReady(sequence: number, session: string | undefined): void {
    if (this.sessions === undefined) {
      this.ready.remove(sequence);
    } else if (session !== undefined) {
      this.sessions.remove(session, sequence);
    }
  }

  /** How many messages are ready for one of its receivers. */
  readyFor({ hold }: Consumer): number {
    return hold === undefined ? this.ready.size : (this.sessions?.readyFor(hold) ?? 0);
  }

  /** Takes the next message that can go out, and the receiver that gets it. */
  takeNext(): { readonly sequence: number; readonly consumer: Consumer } | undefined {
    if (this.sessions !== undefined) {
      return this.sessions.take();
    }
    const consumer = this.ready.size > 0 ? this.#nextConsumer() : undefined;
    const sequence = consumer === undefined ? undefined : this.ready.take();
    return consumer === undefined || sequence === undefined ? undefined : { sequence, consumer };
  }

  /** The next receiver that can take a message: they are served in turns. */
  #nextConsumer(): Consumer | undefined {
    for (let tried = 0; tried < this.consumers.length; tried += 1) {
      const consumer = this.consumers[this.#turn % this.consumers.length];
      this.#turn = (this.#turn + 1) % this.consumers.length;
      if (consumer !== undefined && consumer.capacity() > 0) {
        return consumer;
      }
    }
    return undefined;
  }

  /** Goes by new settings from now on, and so does its dead-letter queue. */
  change(settings: EntitySettings): void {
    this.settings = settings;
    this.deadLetters?.change(settings);
  }

  removeConsumer(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index >= 0) {
      this.consumers.splice(index, 1);
    }
  }
}
