import type { Consumer } from './consumer.ts';
import type { EntitySettings } from './queue-settings.ts';
import { ReadyList } from './ready-list.ts';

export interface ScheduledMessage {
  readonly id: number;
  readonly dueAtMs: number;
}

/**
 * A queue, or the dead-letter queue of one: the state that is kept in memory. A message is in one of three states,
 * each with its index: ready (`ready`), scheduled (`scheduled`), locked (the lock table of the engine).
 */
export class Entity {
  readonly id: number;
  readonly name: string;
  settings: EntitySettings;
  /** Where this entity's messages are dead-lettered; undefined when it is a dead-letter queue itself. */
  readonly deadLetters: Entity | undefined;
  readonly ready = new ReadyList();
  readonly scheduled = new Map<number, ScheduledMessage>();
  readonly consumers: Consumer[] = [];
  lockedCount = 0;
  lastSequence: number;
  savedSequence: number;
  /** When ids outside of the duplicate detection window were last forgotten. */
  idsForgottenAtMs = 0;
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
  }

  nextSequence(): number {
    this.lastSequence += 1;
    return this.lastSequence;
  }

  /** The next receiver that can take a message: they are served in turns. */
  nextConsumer(): Consumer | undefined {
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
