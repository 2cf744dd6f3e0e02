import { BinaryHeap } from './binary-heap.ts';
import type { Entity, ScheduledMessage } from './entity.ts';

interface Appointment {
  readonly entity: Entity;
  readonly sequence: number;
  readonly dueAtMs: number;
}

interface DueMessage {
  readonly entity: Entity;
  readonly id: number;
  readonly session: string | undefined;
}

/** The scheduled messages of all entities, by due time, in the order of their sequence numbers when due together. */
export class Schedule {
  readonly #appointments = new BinaryHeap<Appointment>(
    (left, right) => left.dueAtMs < right.dueAtMs || (left.dueAtMs === right.dueAtMs && left.sequence < right.sequence),
  );
  #cancelled = 0;

  add(entity: Entity, sequence: number, message: ScheduledMessage): void {
    entity.scheduled.set(sequence, message);
    this.#appointments.push({ entity, sequence, dueAtMs: message.dueAtMs });
  }

  /** The caller has checked that the message is scheduled. */
  cancel(entity: Entity, sequence: number): void {
    entity.scheduled.delete(sequence);
    this.#cancelled += 1;
    if (this.#cancelled > 1024 && this.#cancelled * 2 > this.#appointments.size) {
      this.#appointments.retain((appointment) => appointment.entity.scheduled.has(appointment.sequence));
      this.#cancelled = 0;
    }
  }

  nextDueMs(): number | undefined {
    return this.#appointments.peek()?.dueAtMs;
  }

  /** Removes and returns the rows of the messages that are due, in order. */
  takeDue(nowMs: number): DueMessage[] {
    const due: DueMessage[] = [];
    for (
      let next = this.#appointments.peek();
      next !== undefined && next.dueAtMs <= nowMs;
      next = this.#appointments.peek()
    ) {
      this.#appointments.take();
      const message = next.entity.scheduled.get(next.sequence);
      if (message === undefined) {
        this.#cancelled = Math.max(0, this.#cancelled - 1);
      } else {
        next.entity.scheduled.delete(next.sequence);
        due.push({ entity: next.entity, id: message.id, session: message.session });
      }
    }
    return due;
  }
}
