import { messageNotFound, type AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from './entity.ts';
import { withinTimeToLive, type ParsedMessage } from '../amqp/message-sections.ts';
import type { QueueStore } from './queue-store.ts';
import type { Schedule } from './schedule.ts';

/** How often ids outside of the duplicate detection window are forgotten. */
const forgetEveryMs = 1000;

/** Takes messages in: ready, or scheduled until their time. */
export class MessageIntake {
  readonly #store: QueueStore;
  readonly #schedule: Schedule;
  readonly #wake: (entity: Entity) => void;

  constructor(fields: {
    readonly store: QueueStore;
    readonly schedule: Schedule;
    readonly wake: (entity: Entity) => void;
  }) {
    this.#store = fields.store;
    this.#schedule = fields.schedule;
    this.#wake = fields.wake;
  }

  /** @returns its sequence number, or that of the message of which it is a duplicate */
  enqueue(entity: Entity, parsed: ParsedMessage, nowMs: number): number {
    const message = withinTimeToLive(parsed, entity.settings.defaultMessageTtlMs);
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
    const session = entity.sessions === undefined ? undefined : message.sessionId;
    const row = { entityId: entity.id, sequence, message, enqueuedAtMs: nowMs, dueAtMs, session };
    const id = this.#store.insert(row);
    if (windowMs !== undefined) {
      this.#store.rememberId({ entityId: entity.id, messageIdKey: message.messageIdKey, seenAtMs: nowMs, sequence });
      this.#forgetIds(entity, windowMs, nowMs);
    }
    if (dueAtMs === undefined) {
      entity.makeReady(sequence, session);
      this.#wake(entity);
    } else {
      this.#schedule.add(entity, sequence, { id, dueAtMs, session });
    }
    if (message.ttlMs !== undefined) {
      entity.mayExpire = true;
      entity.nextExpiryMs = Math.min(entity.nextExpiryMs, (dueAtMs ?? nowMs) + message.ttlMs);
    }
    return sequence;
  }

  /** Cancels scheduled messages, all or none. */
  cancel(entity: Entity, sequences: readonly number[]): AmqpError | undefined {
    const missing = sequences.find((sequence) => !entity.scheduled.has(sequence));
    if (missing !== undefined) {
      return messageNotFound(missing);
    }
    for (const sequence of new Set(sequences)) {
      this.#store.remove(entity.scheduled.get(sequence)?.id ?? 0);
      this.#schedule.cancel(entity, sequence);
    }
    return undefined;
  }

  /** Scheduled messages whose time has come are as if they had been sent now. */
  activateDue(nowMs: number): void {
    for (const { entity, id, session } of this.#schedule.takeDue(nowMs)) {
      const sequence = entity.nextSequence();
      this.#store.activate(id, sequence, nowMs);
      entity.makeReady(sequence, session);
      this.#wake(entity);
    }
  }

  #forgetIds(entity: Entity, windowMs: number, nowMs: number): void {
    if (nowMs - entity.idsForgottenAtMs >= forgetEveryMs) {
      entity.idsForgottenAtMs = nowMs;
      this.#store.forgetIds(entity.id, nowMs - windowMs);
    }
  }
}
