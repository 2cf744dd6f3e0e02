import type { Entity } from './entity.ts';
import type { QueueRecord } from './queue-catalog.ts';
import { countsOf, type QueueCounts } from './queue-counts.ts';
import { entitySettings, type QueueSettings } from './queue-settings.ts';
import type { QueueStore } from './queue-store.ts';
import type { Turn } from './turn.ts';

/** A queue as the administration client sees it. Times are epoch milliseconds. */
export interface QueueDescription {
  readonly settings: QueueSettings;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** When a message was last sent or received; undefined when none was. */
  readonly accessedAtMs: number | undefined;
  readonly counts: QueueCounts;
  /** Of all messages, those in the dead-letter queue included. */
  readonly sizeBytes: number;
}

/** The engine, as far as its queues come and go. Names are in lower case. */
export interface QueueHost {
  readonly find: (name: string, deadLetter: boolean) => Entity | undefined;
  readonly open: (settings: QueueSettings) => void;
  readonly sizeBytes: (entity: Entity) => number;
  /** Forgets a queue and its dead-letter queue, with everything that was in memory of them. */
  readonly forget: (entity: Entity) => void;
}

/** How far behind the time of the last access may be after a crash. */
const saveAccessEveryMs = 10_000;

/**
 * The queues that there are: those that are declared at start, for as long as they are, and those that were made here,
 * until they are removed here. A declared queue that was changed or removed is as it is declared after the next start.
 * Changes are answered after their commit.
 */
export class QueueAdministration {
  readonly #store: QueueStore;
  readonly #declared: readonly QueueSettings[];
  readonly #turn: Turn;
  readonly #now: () => number;
  readonly #host: QueueHost;
  #records = new Map<string, QueueRecord>();

  constructor(fields: {
    readonly store: QueueStore;
    readonly queues: readonly QueueSettings[];
    readonly turn: Turn;
    readonly now: () => number;
    readonly host: QueueHost;
  }) {
    this.#store = fields.store;
    this.#declared = fields.queues;
    this.#turn = fields.turn;
    this.#now = fields.now;
    this.#host = fields.host;
  }

  /** Opens the queues that are declared or were made: at start, and after a failed turn. */
  load(): void {
    const kept = new Map(this.#store.catalog.all().map((record) => [record.settings.name.toLowerCase(), record]));
    this.#records = new Map([...kept].filter(([, { isDeclared }]) => !isDeclared));
    for (const settings of this.#declared) {
      this.#declare(settings, kept.get(settings.name.toLowerCase()));
    }
    for (const { settings } of this.#records.values()) {
      this.#host.open(settings);
    }
  }

  create(settings: QueueSettings, answer: (outcome: 'created' | 'exists') => void): void {
    this.#turn.attempt(() => {
      const isNew = !this.#records.has(settings.name.toLowerCase());
      if (isNew) {
        const nowMs = this.#now();
        const times = { createdAtMs: nowMs, updatedAtMs: nowMs, accessedAtMs: undefined };
        this.#save({ settings, isDeclared: false, ...times });
        this.#host.open(settings);
      }
      this.#turn.afterCommit(() => {
        answer(isNew ? 'created' : 'exists');
      });
    });
  }

  /** Locks that are held keep their ends; everything else goes by the new settings at once. */
  update(settings: QueueSettings, answer: (outcome: 'updated' | 'missing') => void): void {
    this.#turn.attempt(() => {
      const record = this.#records.get(settings.name.toLowerCase());
      if (record !== undefined) {
        // The name stays spelled as it was when the queue was made.
        const renamed = { ...settings, name: record.settings.name };
        this.#save({ ...record, settings: renamed, updatedAtMs: this.#now() });
        const entity = this.#host.find(settings.name.toLowerCase(), false);
        entity?.change(entitySettings(renamed));
      }
      this.#turn.afterCommit(() => {
        answer(record === undefined ? 'missing' : 'updated');
      });
    });
  }

  /** Removes a queue with all its messages. */
  remove(name: string, answer: (outcome: 'removed' | 'missing') => void): void {
    this.#turn.attempt(() => {
      const entity = this.#host.find(name.toLowerCase(), false);
      if (entity !== undefined) {
        this.#store.catalog.remove(entity.name);
        this.#records.delete(entity.name);
        this.#host.forget(entity);
        for (const { id } of [entity, ...(entity.deadLetters === undefined ? [] : [entity.deadLetters])]) {
          this.#store.catalog.clear(id);
          this.#store.sizes.forget(id);
        }
      }
      this.#turn.afterCommit(() => {
        answer(entity === undefined ? 'missing' : 'removed');
      });
    });
  }

  /** Undefined when there is no such queue. */
  describe(name: string): QueueDescription | undefined {
    const key = name.toLowerCase();
    const record = this.#records.get(key);
    const entity = this.#host.find(key, false);
    if (record === undefined || entity === undefined) {
      return undefined;
    }
    const { settings, createdAtMs, updatedAtMs } = record;
    const accessedAtMs = entity.accessedAtMs ?? record.accessedAtMs;
    const sizeBytes = this.#host.sizeBytes(entity);
    return { settings, createdAtMs, updatedAtMs, accessedAtMs, counts: countsOf(entity), sizeBytes };
  }

  /** Throws for a queue that there is not. */
  counts(queue: string): QueueCounts {
    const entity = this.#host.find(queue.toLowerCase(), false);
    if (entity === undefined) {
      throw new Error(`There is no queue '${queue}'. There are: ${this.names().join(', ')}.`);
    }
    return countsOf(entity);
  }

  /** By name. */
  names(): string[] {
    return [...this.#records.keys()].sort();
  }

  /** Keeps when queues were last used. @param isLast at the end: then however recently it was kept before */
  saveAccess(isLast: boolean): void {
    for (const [name, record] of this.#records) {
      const accessedAtMs = this.#host.find(name, false)?.accessedAtMs;
      const sinceMs = (accessedAtMs ?? 0) - (record.accessedAtMs ?? 0);
      if (accessedAtMs !== undefined && sinceMs > (isLast ? 0 : saveAccessEveryMs)) {
        this.#save({ ...record, accessedAtMs });
      }
    }
  }

  #declare(settings: QueueSettings, kept: QueueRecord | undefined): void {
    const nowMs = this.#now();
    const isChanged = kept === undefined || JSON.stringify(kept.settings) !== JSON.stringify(settings);
    const record = {
      settings,
      isDeclared: kept?.isDeclared ?? true,
      createdAtMs: kept?.createdAtMs ?? nowMs,
      updatedAtMs: isChanged ? nowMs : kept.updatedAtMs,
      accessedAtMs: kept?.accessedAtMs,
    };
    this.#records.set(settings.name.toLowerCase(), record);
    if (isChanged) {
      this.#store.catalog.save(record);
    }
  }

  #save(record: QueueRecord): void {
    this.#records.set(record.settings.name.toLowerCase(), record);
    this.#store.catalog.save(record);
  }
}
