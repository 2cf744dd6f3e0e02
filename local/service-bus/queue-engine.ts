import { Alarm, earliest } from './alarm.ts';
import { lockLost, messageNotFound, type AmqpError } from './amqp-error.ts';
import type { Consumer } from './consumer.ts';
import { Dispatcher } from './dispatcher.ts';
import { Entity } from './entity.ts';
import { LockTable, type Lock } from './lock-table.ts';
import type { LockToken } from './lock-token.ts';
import type { ParsedMessage } from './message-sections.ts';
import type { Outcome } from './outcome.ts';
import { QueueAdministration } from './queue-administration.ts';
import type { QueueCounts } from './queue-counts.ts';
import { entitySettings, type QueueSettings } from './queue-settings.ts';
import type { QueueStore, StoredMessage } from './queue-store.ts';
import { Schedule } from './schedule.ts';
import { Settlement } from './settlement.ts';
import { Turn } from './turn.ts';

/** How often ids outside of the duplicate detection window are forgotten. */
const forgetEveryMs = 1000;

/**
 * The queues: what is in memory, and its transitions. States of a message: scheduled → ready → locked → gone, ready
 * again, or ready in the dead-letter queue.
 *
 * Q1 What was acknowledged is committed: answers leave only through `afterCommit`.
 * Q2 Every message in SQLite is in exactly one index in memory: ready, scheduled or locked.
 * Q3 Sequence numbers rise for the life of the database; a scheduled message takes a new one when it becomes active.
 * Q4 A lock is kept in SQLite with its end. After a crash the message stays locked until then, as on the service: the
 *    receiver that holds its token may still settle it, and nobody else gets it early.
 */
export class QueueEngine {
  readonly #store: QueueStore;
  readonly #now: () => number;
  readonly #alarm = new Alarm(() => {
    this.#turn.schedule();
  });
  readonly #turn: Turn;
  /** The queues that there are, by name. */
  readonly administration: QueueAdministration;
  readonly #woken = new Set<Entity>();
  #entities = new Map<string, Entity>();
  #locks = new LockTable();
  #schedule = new Schedule();
  #settlement: Settlement;
  #dispatcher: Dispatcher;

  constructor(fields: {
    readonly store: QueueStore;
    readonly queues: readonly QueueSettings[];
    readonly now: () => number;
    /** Nothing of the failed turn was kept; the receivers' connections have to be dropped. */
    readonly onFailure: (error: unknown) => void;
  }) {
    this.#store = fields.store;
    this.#now = fields.now;
    this.#turn = new Turn({
      store: fields.store,
      beforeCommit: () => this.#beforeCommit(),
      onFailure: (error) => {
        this.#load();
        fields.onFailure(error);
      },
    });
    this.administration = new QueueAdministration({ ...fields, turn: this.#turn, host: this });
    [this.#settlement, this.#dispatcher] = this.#build();
    this.#load();
  }

  /** @param queue in lower case */
  find(queue: string, deadLetter: boolean): Entity | undefined {
    const entity = this.#entities.get(queue);
    return deadLetter ? entity?.deadLetters : entity;
  }

  /** Opens a queue as SQLite has it. For `QueueAdministration`. */
  open(queue: QueueSettings): void {
    const settings = entitySettings(queue);
    const name = queue.name.toLowerCase();
    const deadLetters = this.#loadEntity(`${name}/$deadletterqueue`, settings, undefined);
    this.#entities.set(name, this.#loadEntity(name, settings, deadLetters));
  }

  /** Forgets a queue that is being removed. For `QueueAdministration`. */
  forget(entity: Entity): void {
    this.#entities.delete(entity.name);
    for (const gone of [entity, entity.deadLetters ?? entity]) {
      this.#locks.forget(gone);
      gone.scheduled.clear();
      this.#woken.delete(gone);
    }
  }

  afterCommit(callback: () => void): void {
    this.#turn.afterCommit(callback);
  }

  /** Stores messages, all or none, and answers with their sequence numbers after the commit. */
  enqueue(entity: Entity, messages: readonly ParsedMessage[], stored: (sequences: readonly number[]) => void): void {
    this.#turn.attempt(() => {
      const nowMs = this.#now();
      entity.accessedAtMs = nowMs;
      const sequences = messages.map((message) => this.#enqueue(entity, message, nowMs));
      this.#turn.afterCommit(() => {
        stored(sequences);
      });
    });
  }

  attach(entity: Entity, consumer: Consumer): void {
    entity.consumers.push(consumer);
    this.wake(entity);
  }

  detach(entity: Entity, consumer: Consumer): void {
    entity.removeConsumer(consumer);
    this.wake(entity);
  }

  /** Something changed that may let the entity's messages go out. */
  wake(entity: Entity): void {
    this.#woken.add(entity);
    this.#turn.schedule();
  }

  /** Ends a lock, and answers after the commit; with an error when the outcome was refused. */
  settle(entity: Entity, token: LockToken, outcome: Outcome, answered: (error: AmqpError | undefined) => void): void {
    this.#turn.attempt(() => {
      const refused = this.#settlement.settle({ entity, token, outcome, nowMs: this.#now() });
      this.#turn.afterCommit(() => {
        answered(refused);
      });
    });
  }

  /** @param renewed gets the new ends of the locks, or why none was renewed */
  renew(entity: Entity, tokens: readonly LockToken[], renewed: (ends: readonly number[] | AmqpError) => void): void {
    this.#turn.attempt(() => {
      const nowMs = this.#now();
      const locks = tokens.map((token) => this.#locks.find(entity, token, nowMs)).filter((lock) => lock !== undefined);
      const complete = locks.length === tokens.length;
      for (const lock of complete ? locks : []) {
        lock.untilMs = nowMs + entity.settings.lockDurationMs;
        this.#store.lock(lock.id, lock.token, lock.untilMs);
      }
      this.#turn.afterCommit(() => {
        renewed(complete ? locks.map(({ untilMs }) => untilMs) : lockLost());
      });
    });
  }

  /** Ends locks as if their time had come: all of an entity, or those that are chosen. */
  lapse(entity: Entity, isChosen: () => boolean, lapsed: (count: number) => void): void {
    this.#turn.attempt(() => {
      const count = this.#settlement.lapse(entity, isChosen);
      this.#turn.afterCommit(() => {
        lapsed(count);
      });
    });
  }

  /** Cancels scheduled messages, all or none. */
  cancel(entity: Entity, sequences: readonly number[], cancelled: (error: AmqpError | undefined) => void): void {
    this.#turn.attempt(() => {
      const missing = sequences.find((sequence) => !entity.scheduled.has(sequence));
      for (const sequence of missing === undefined ? new Set(sequences) : []) {
        this.#store.remove(entity.scheduled.get(sequence)?.id ?? 0);
        this.#schedule.cancel(entity, sequence);
      }
      this.#turn.afterCommit(() => {
        cancelled(missing === undefined ? undefined : messageNotFound(missing));
      });
    });
  }

  /** The messages from a sequence number on, in every state, without locking them. Stop iterating to read no more. */
  peek(entity: Entity, fromSequence: number): Iterable<StoredMessage> {
    return this.#store.from(entity.id, fromSequence);
  }

  counts(queue: string): QueueCounts {
    return this.administration.counts(queue);
  }

  close(): void {
    this.#turn.attempt(() => this.administration.saveAccess(true));
    this.#turn.close();
    this.#alarm.clear();
  }

  #enqueue(entity: Entity, message: ParsedMessage, nowMs: number): number {
    const windowMs = entity.settings.duplicateDetectionWindowMs;
    if (windowMs !== undefined) {
      const original = this.#store.findDuplicate(entity.id, message.messageIdKey, nowMs - windowMs);
      if (original !== undefined) {
        return original;
      }
    }
    const sequence = entity.nextSequence();
    const scheduledAtMs = message.scheduledAtMs ?? 0;
    const dueAtMs = scheduledAtMs > nowMs ? scheduledAtMs : undefined;
    const id = this.#store.insert({ entityId: entity.id, sequence, message, enqueuedAtMs: nowMs, dueAtMs });
    if (windowMs !== undefined) {
      this.#store.rememberId({ entityId: entity.id, messageIdKey: message.messageIdKey, seenAtMs: nowMs, sequence });
      this.#forgetIds(entity, windowMs, nowMs);
    }
    if (dueAtMs === undefined) {
      entity.ready.add(sequence);
      this.wake(entity);
    } else {
      this.#schedule.add(entity, sequence, { id, dueAtMs });
    }
    return sequence;
  }

  #forgetIds(entity: Entity, windowMs: number, nowMs: number): void {
    if (nowMs - entity.idsForgottenAtMs >= forgetEveryMs) {
      entity.idsForgottenAtMs = nowMs;
      this.#store.forgetIds(entity.id, nowMs - windowMs);
    }
  }

  #beforeCommit(): void {
    const nowMs = this.#now();
    this.#settlement.expire(nowMs);
    for (const { entity, id } of this.#schedule.takeDue(nowMs)) {
      const sequence = entity.nextSequence();
      this.#store.activate(id, sequence, nowMs);
      entity.ready.add(sequence);
      this.wake(entity);
    }
    const woken = [...this.#woken];
    this.#woken.clear();
    for (const entity of woken) {
      if (entity.consumers.length > 0) {
        entity.accessedAtMs = nowMs;
      }
      if (this.#dispatcher.dispatch(entity, nowMs)) {
        this.#turn.afterCommit(() => {
          this.wake(entity);
        });
      }
    }
    for (const entity of this.#entities.values()) {
      if (entity.lastSequence !== entity.savedSequence) {
        this.#store.saveLastSequence(entity.id, entity.lastSequence);
        entity.savedSequence = entity.lastSequence;
      }
    }
    this.administration.saveAccess(false);
    this.#alarm.set(earliest(this.#locks.nextExpiryMs(), this.#schedule.nextDueMs()), nowMs);
  }

  #build(): [Settlement, Dispatcher] {
    const settlement = new Settlement({
      store: this.#store,
      locks: this.#locks,
      wake: (entity) => {
        this.wake(entity);
      },
    });
    const release = (lock: Lock): void => {
      this.#turn.attempt(() => {
        settlement.release(lock);
      });
    };
    return [settlement, new Dispatcher({ store: this.#store, locks: this.#locks, turn: this.#turn, release })];
  }

  /** Builds the indexes from SQLite: at start, and after a failed turn. */
  #load(): void {
    this.#entities = new Map();
    this.#locks = new LockTable();
    this.#schedule = new Schedule();
    [this.#settlement, this.#dispatcher] = this.#build();
    this.#woken.clear();
    this.administration.load();
    this.#store.commit();
    this.#turn.schedule();
  }

  #loadEntity(name: string, settings: Entity['settings'], deadLetters: Entity | undefined): Entity {
    const { id, lastSequence } = this.#store.openEntity(name);
    const entity = new Entity({ id, name, settings, deadLetters, lastSequence });
    for (const row of this.#store.index(id)) {
      if (row.dueAtMs !== undefined) {
        this.#schedule.add(entity, row.sequence, { id: row.id, dueAtMs: row.dueAtMs });
      } else if (row.lockToken === undefined) {
        entity.ready.add(row.sequence);
      } else {
        const { sequence, deliveryCount } = row;
        const place = { entity, id: row.id, sequence, deliveryCount };
        this.#locks.add({ ...place, token: row.lockToken, untilMs: row.lockedUntilMs });
      }
    }
    return entity;
  }
}
