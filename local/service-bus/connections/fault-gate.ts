import type { Socket } from 'node:net';
import type { AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from '../queues/entity.ts';
import { refusalError, type ServiceBusFault, type ServiceBusFaults } from '../service-bus-faults.ts';

/** A send or a settlement. */
export interface GatedStep {
  readonly entity: Entity;
  readonly operation: ServiceBusFault['operation'];
  /** Carries it out, and hands over how to answer it once that is committed. */
  readonly carryOut: (committed: (answer: () => void) => void) => void;
  readonly refuse: (error: AmqpError) => void;
}

/** Where faults meet what one connection sends and settles. */
export class FaultGate {
  readonly #faults: ServiceBusFaults;
  readonly #socket: Socket;

  constructor(facts: { readonly faults: ServiceBusFaults; readonly socket: Socket }) {
    this.#faults = facts.faults;
    this.#socket = facts.socket;
  }

  pass(step: GatedStep): void {
    const fault = this.#faults.take({ entity: step.entity.name, operation: step.operation });
    if (fault === undefined) {
      step.carryOut((answer) => answer());
    } else if (fault.delayMs === undefined) {
      this.#meet(fault, step);
    } else {
      setTimeout(() => {
        if (!this.#socket.destroyed) {
          this.#meet(fault, step);
        }
      }, fault.delayMs).unref();
    }
  }

  #meet({ refusal, reset }: ServiceBusFault, { carryOut, entity, refuse }: GatedStep): void {
    if (refusal !== undefined) {
      refuse(refusalError(refusal, entity.name));
    } else if (reset === 'before') {
      this.#socket.resetAndDestroy();
    } else {
      carryOut((answer) => {
        if (reset === 'after') {
          this.#socket.resetAndDestroy();
        } else {
          answer();
        }
      });
    }
  }
}
