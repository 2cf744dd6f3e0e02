import type { Socket } from 'node:net';
import type { AmqpError } from '../amqp/amqp-error.ts';
import type { BrokerSession } from './broker-session.ts';
import type { Consumer, Delivery } from './consumer.ts';
import type { Entity } from '../queues/entity.ts';
import type { FaultGate } from './fault-gate.ts';
import type { Lock } from '../queues/lock-table.ts';
import { deliveryTag } from '../queues/lock-token.ts';
import type { QueueEngine } from '../queues/queue-engine.ts';
import { readOutcome } from '../amqp/read-outcome.ts';
import type { RheaLink } from '../amqp/rhea-seam.ts';
import type { SessionHold } from '../queues/session-book.ts';

/** A receiver that reads more slowly than this is given nothing more until its socket has drained. */
const mostUnwrittenBytes = 1024 * 1024;

/** `snd-settle-mode` of a receiver in receive-and-delete mode. */
const settledMode = 1;

/**
 * The broker's end of a link on which a client receives messages.
 *
 * Drain: the answer is always `drain=true, credit=0`, also when crossing deliveries have used the credit up. rhea says
 * nothing in that case, and the SDK then closes the link. It follows the transfers that the credit still paid for.
 */
export class DeliveryLink implements Consumer {
  readonly presettled: boolean;
  readonly hold: SessionHold | undefined;
  readonly #link: RheaLink;
  readonly #session: BrokerSession;
  readonly #socket: Socket;
  readonly #engine: QueueEngine;
  readonly #entity: Entity;
  readonly #gate: FaultGate;
  readonly #stopListening: () => void;
  #reserved = 0;
  #draining = false;
  #closed = false;

  constructor(fields: {
    readonly link: RheaLink;
    readonly session: BrokerSession;
    readonly socket: Socket;
    readonly engine: QueueEngine;
    readonly entity: Entity;
    readonly gate: FaultGate;
    readonly hold: SessionHold | undefined;
  }) {
    this.hold = fields.hold;
    this.#link = fields.link;
    this.#session = fields.session;
    this.#socket = fields.socket;
    this.#engine = fields.engine;
    this.#entity = fields.entity;
    this.#gate = fields.gate;
    this.presettled = this.#link.snd_settle_mode === settledMode;
    this.#link._get_drain = () => this.#useUpCredit();
    this.#link.on('sender_flow', () => {
      this.#draining = this.#link._draining === true;
    });
    const wake = (): void => {
      fields.engine.wake(fields.entity);
    };
    fields.socket.on('drain', wake);
    const stopFlow = fields.session.onFlow(wake);
    this.#stopListening = () => {
      fields.socket.off('drain', wake);
      stopFlow();
    };
    fields.engine.attach(fields.entity, this);
  }

  get draining(): boolean {
    return this.#draining;
  }

  capacity(): number {
    if (this.#closed || this.#socket.writableLength > mostUnwrittenBytes) {
      return 0;
    }
    return Math.min(this.#link.credit - this.#session.unsent - this.#reserved, this.#session.capacity());
  }

  reserve(): void {
    this.#reserved += 1;
    this.#session.reserve(1);
  }

  deliver({ bytes, lock }: Delivery): boolean {
    this.#reserved -= 1;
    this.#session.reserve(-1);
    if (this.#closed || this.#socket.destroyed || !this.#link.is_open()) {
      return false;
    }
    this.#session.touch(this.#link);
    const { id } = this.#link.send(bytes, lock === undefined ? Buffer.from([0]) : deliveryTag(lock.token), 0);
    if (lock !== undefined) {
      this.#session.expect(id, ({ state, settled }) => {
        this.#decide({ id, lock, state, settled });
      });
    }
    return true;
  }

  answerDrain(): void {
    if (this.#draining && !this.#closed && this.#session.unsent === 0) {
      this.#writeDrained();
    } else if (this.#draining && !this.#closed) {
      process.nextTick(() => {
        this.#writeDrained();
      });
    }
  }

  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#stopListening();
      this.#engine.detach(this.#entity, this);
    }
  }

  #decide({ id, lock, state, settled }: Decision): void {
    const outcome = readOutcome(state);
    if (outcome === undefined) {
      return;
    }
    this.#session.forget(id);
    this.#session.touch(this.#link);
    const answer = (error: AmqpError | undefined): void => {
      if (!settled && !this.#closed) {
        this.#session.answer(this.#link, id, error);
      }
    };
    this.#gate.pass({
      entity: this.#entity,
      operation: 'settle',
      carryOut: (committed) => {
        this.#engine.settle(this.#entity, lock.token, outcome, (error) => {
          committed(() => answer(error));
        });
      },
      refuse: answer,
    });
  }

  #useUpCredit(): boolean {
    if (!this.#draining) {
      return false;
    }
    this.#draining = false;
    this.#link.delivery_count += Math.max(0, this.#link.credit);
    this.#link.credit = 0;
    return true;
  }

  #writeDrained(): void {
    if (this.#draining && !this.#closed && this.#session.unsent === 0) {
      this.#link.issue_flow = true;
      this.#link.connection._register();
    }
  }
}

interface Decision {
  readonly id: number;
  readonly lock: Lock;
  readonly state: unknown;
  readonly settled: boolean;
}
