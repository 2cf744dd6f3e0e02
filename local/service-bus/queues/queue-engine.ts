import { Alarm, earliest } from './alarm.ts';
import { lockLost, renewedBySession, type AmqpError } from '../amqp/amqp-error.ts';
import type { Consumer } from '../connections/consumer.ts';
import type { DeferredDelivery, DeferredRequest } from './deferred-messages.ts';
import { buildParts, indexMessage, type EngineParts } from './engine-parts.ts';
import { Entity } from './entity.ts';
import type { LockToken } from './lock-token.ts';
import type { ParsedMessage } from '../amqp/message-sections.ts';
import type { Outcome } from '../amqp/outcome.ts';
import { QueueAdministration } from './queue-administration.ts';
import type { QueueCounts } from './queue-counts.ts';
import { entitySettings, type QueueSettings } from './queue-settings.ts';
import type { QueueStore, StoredMessage } from './queue-store.ts';
import type { SessionKeeper } from './session-keeper.ts';
import { Turn } from './turn.ts';

/**
 * The queues: what is in memory, and its transitions. States of a message: scheduled → ready → locked → gone, ready
 * again, deferred, or ready in the dead-letter queue; deferred → locked.
 *
 * Q1 What was acknowledged is committed: answers leave only through `afterCommit`.
 * Q2 Every message in SQLite is in exactly one index in memory: ready, scheduled, deferred or locked.
 * Q3 Sequence numbers rise for the life of the database; a scheduled message takes a new one when it becomes active.
 * Q4 A lock is kept in SQLite with its end. After a crash the message stays locked until then, as on the service: the
 *    receiver that holds its token may still settle it, and nobody else gets it early. Locks on sessions end with the
 *    link that holds them, so their messages are ready after a crash.
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
  #parts: EngineParts;

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
    this.#parts = this.#build();
    this.administration = new QueueAdministration({ ...fields, turn: this.#turn, host: this });
    this.#load();
  }

  /** Sessions are accepted, renewed and given up here. */
  get sessions(): SessionKeeper {
    return this.#parts.sessions;
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
      this.#parts.locks.forget(gone);
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
      const sequences = messages.map((message) => this.#parts.intake.enqueue(entity, message, nowMs));
      this.#turn.afterCommit(() => {
        stored(sequences);
      });
    });
  }

  attach(entity: Entity, consumer: Consumer): void {
    entity.consumers.push(consumer);
    if (consumer.hold !== undefined) {
      entity.sessions?.attach(consumer.hold, consumer);
    }
    this.wake(entity);
  }

  detach(entity: Entity, consumer: Consumer): void {
    entity.removeConsumer(consumer);
    if (consumer.hold !== undefined) {
      this.sessions.release(entity, consumer.hold);
    }
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
      const refused = this.#parts.settlement.settle({ entity, token, outcome, nowMs: this.#now() });
      this.#turn.afterCommit(() => {
        answered(refused);
      });
    });
  }

  /** @param renewed gets the new ends of the locks, or why none was renewed */
  renew(entity: Entity, tokens: readonly LockToken[], renewed: (ends: readonly number[] | AmqpError) => void): void {
    this.#turn.attempt(() => {
      const nowMs = this.#now();
      const ofSession = entity.sessions === undefined ? undefined : renewedBySession();
      const locks = tokens
        .map((token) => this.#parts.locks.find(entity, token, nowMs))
        .filter((lock) => lock !== undefined);
      const complete = locks.length === tokens.length && ofSession === undefined;
      for (const lock of complete ? locks : []) {
        lock.untilMs = nowMs + entity.settings.lockDurationMs;
        this.#store.lock(lock.id, lock.token, lock.untilMs);
      }
      this.#turn.afterCommit(() => {
        renewed(complete ? locks.map(({ untilMs }) => untilMs) : (ofSession ?? lockLost()));
      });
    });
  }

  /** Ends locks as if their time had come: all of an entity, or those that are chosen. */
  lapse(entity: Entity, isChosen: () => boolean, lapsed: (count: number) => void): void {
    this.#turn.attempt(() => {
      const { sessions, settlement } = this.#parts;
      const count =
        entity.sessions === undefined ? settlement.lapse(entity, isChosen) : sessions.lapse(entity, isChosen);
      this.#turn.afterCommit(() => {
        lapsed(count);
      });
    });
  }

  /** Cancels scheduled messages, all or none. */
  cancel(entity: Entity, sequences: readonly number[], cancelled: (error: AmqpError | undefined) => void): void {
    this.#turn.attempt(() => {
      const refused = this.#parts.intake.cancel(entity, sequences);
      this.#turn.afterCommit(() => {
        cancelled(refused);
      });
    });
  }

  /** @param received gets all of the messages, locked, or why there are none */
  receiveDeferred(
    entity: Entity,
    request: DeferredRequest,
    received: (deliveries: readonly DeferredDelivery[] | AmqpError) => void,
  ): void {
    this.#parts.deferred.receive({ entity, nowMs: this.#now() }, request, received);
  }

  /**
   * The messages from a sequence number on, of one session or all, in every state, without locking them. Stop iterating
   * to read no more.
   */
  peek(entity: Entity, fromSequence: number, session?: string): Iterable<StoredMessage> {
    return session === undefined
      ? this.#store.from(entity.id, fromSequence)
      : this.#store.ofSession(entity.id, session, fromSequence);
  }

  /** What the messages of a queue and of its dead-letter queue take. */
  sizeBytes({ id, deadLetters }: Entity): number {
    return this.#store.sizes.of(id) + this.#store.sizes.of(deadLetters?.id ?? 0);
  }

  counts(queue: string): QueueCounts {
    return this.administration.counts(queue);
  }

  close(): void {
    this.#turn.attempt(() => this.administration.saveAccess(true));
    this.#turn.close();
    this.#alarm.clear();
  }

  #beforeCommit(): void {
    const nowMs = this.#now();
    const { dispatcher, expiries, intake, locks, schedule, sessions, settlement } = this.#parts;
    settlement.expire(nowMs);
    sessions.expire(nowMs);
    intake.activateDue(nowMs);
    for (const entity of this.#entities.values()) {
      expiries.sweep(entity, nowMs);
    }
    const woken = [...this.#woken];
    this.#woken.clear();
    for (const entity of woken) {
      if (entity.consumers.length > 0) {
        entity.accessedAtMs = nowMs;
      }
      sessions.serve(entity);
      if (dispatcher.dispatch(entity, nowMs)) {
        this.#turn.afterCommit(() => {
          this.wake(entity);
        });
      }
    }
    let nextMs = earliest(locks.nextExpiryMs(), schedule.nextDueMs());
    nextMs = earliest(nextMs, sessions.nextExpiryMs());
    for (const entity of this.#entities.values()) {
      if (entity.lastSequence !== entity.savedSequence) {
        this.#store.saveLastSequence(entity.id, entity.lastSequence);
        entity.savedSequence = entity.lastSequence;
      }
      nextMs = earliest(nextMs, entity.nextExpiryMs);
    }
    this.administration.saveAccess(false);
    this.#alarm.set(nextMs, nowMs);
  }

  #build(): EngineParts {
    const wake = (entity: Entity): void => this.wake(entity);
    return buildParts({ store: this.#store, turn: this.#turn, now: this.#now, wake });
  }

  /** Builds the indexes from SQLite: at start, and after a failed turn. */
  #load(): void {
    this.#entities = new Map();
    this.#parts = this.#build();
    this.#woken.clear();
    this.administration.load();
    this.#store.commit();
    this.#turn.schedule();
  }

  #loadEntity(name: string, settings: Entity['settings'], deadLetters: Entity | undefined): Entity {
    const { id, lastSequence } = this.#store.openEntity(name);
    const entity = new Entity({ id, name, settings, deadLetters, lastSequence });
    for (const row of this.#store.index(id)) {
      indexMessage(this.#parts, { entity, row, store: this.#store });
    }
    entity.nextExpiryMs = this.#store.nextExpiry(id, 0) ?? Number.POSITIVE_INFINITY;
    entity.mayExpire = entity.nextExpiryMs < Number.POSITIVE_INFINITY;
    return entity;
  }
}
