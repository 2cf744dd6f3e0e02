import type { AmqpError } from './amqp-error.ts';
import {
  deliveryState,
  type DispositionFields,
  type RheaFrame,
  type RheaLink,
  type RheaSession,
  type TransferFields,
} from './rhea-seam.ts';
import { separateOutcomes } from './separate-outcomes.ts';

/** Stands for message format 0, so that rhea hands the bytes over instead of decoding them. */
const plainFormat = 1;
/** No transfer is gathered beyond this: a queue's limit is 256 KB, management requests carry several messages. */
export const mostBytes = 4 * 1024 * 1024;

/** Gets each state that a receiver gives to the delivery that was sent under this id. */
export type OnDisposition = (disposition: { readonly state: unknown; readonly settled: boolean }) => void;

/**
 * One AMQP session, with what a broker needs done differently from rhea:
 *
 * - Transfers reach us as bytes, whatever their format, and never grow beyond `mostBytes` in memory.
 * - A delivery leaves rhea's buffer of 2,048 as soon as it is sent. rhea keeps it until it is settled, and in order: one
 *   long lock would block the session. The states that receivers give are therefore read here.
 * - Answers to deliveries are written as they are given, see `separate-outcomes.ts`.
 * - A flow of the session wakes the links, for it may have opened the window.
 */
export class BrokerSession {
  readonly #session: RheaSession;
  readonly #unsettled = new Map<number, OnDisposition>();
  readonly #received = new Map<number, number>();
  readonly #tooLarge = new Map<RheaLink, number>();
  readonly #onFlow = new Set<() => void>();
  #reserved = 0;

  constructor(session: RheaSession) {
    this.#session = session;
    const takeTransfer = session.on_transfer.bind(session);
    session.on_transfer = (frame) => {
      this.#meter(frame);
      takeTransfer(frame);
    };
    const takeDisposition = session.on_disposition.bind(session);
    session.on_disposition = (frame) => {
      if (frame.performative.role) {
        this.#takeDisposition(frame.performative);
      } else {
        takeDisposition(frame);
      }
    };
    const takeFlow = session.on_flow.bind(session);
    session.on_flow = (frame) => {
      takeFlow(frame);
      for (const wake of this.#onFlow) {
        wake();
      }
    };
    separateOutcomes(session);
    const { outgoing } = session;
    const popIf = outgoing.deliveries.pop_if.bind(outgoing.deliveries);
    outgoing.deliveries.pop_if = () => popIf(({ id }) => id < outgoing.next_pending_delivery);
  }

  /** How many more deliveries the peer's window and rhea's buffer take. */
  capacity(): number {
    const { outgoing } = this.#session;
    return Math.min(outgoing.transfer_window() - this.unsent, outgoing.available()) - this.#reserved;
  }

  /** Deliveries that were given to rhea and not written yet. */
  get unsent(): number {
    return this.#session.outgoing.next_delivery_id - this.#session.outgoing.next_pending_delivery;
  }

  reserve(count: number): void {
    this.#reserved += count;
  }

  onFlow(wake: () => void): () => void {
    this.#onFlow.add(wake);
    return () => {
      this.#onFlow.delete(wake);
    };
  }

  /** Waits for the receiver's decision about a delivery. */
  expect(deliveryId: number, listener: OnDisposition): void {
    this.#unsettled.set(deliveryId, listener);
  }

  forget(deliveryId: number): void {
    this.#unsettled.delete(deliveryId);
  }

  /** Settles a delivery: the answer to the receiver's decision. */
  answer(link: RheaLink, deliveryId: number, error: AmqpError | undefined): void {
    this.#unsettled.delete(deliveryId);
    this.#session.outgoing.pending_dispositions.push({
      id: deliveryId,
      link,
      settled: true,
      state: deliveryState(error),
    });
    this.#session.connection._register();
  }

  /** The size of the transfer that just arrived, when it was too large to be kept. */
  takeTooLarge(link: RheaLink): number | undefined {
    const bytes = this.#tooLarge.get(link);
    this.#tooLarge.delete(link);
    return bytes;
  }

  #meter(frame: RheaFrame<TransferFields>): void {
    const { performative } = frame;
    const link = this.#session.remote.handles[performative.handle];
    if (link === undefined) {
      return;
    }
    if (link._incomplete === undefined && performative.message_format === 0) {
      performative.message_format = plainFormat;
    }
    const bytes = (this.#received.get(performative.handle) ?? 0) + (frame.payload?.length ?? 0);
    if (bytes > mostBytes) {
      frame.payload = Buffer.alloc(0);
    }
    if (performative.more === true) {
      this.#received.set(performative.handle, bytes);
      return;
    }
    this.#received.delete(performative.handle);
    if (bytes > mostBytes) {
      this.#tooLarge.set(link, bytes);
    }
  }

  #takeDisposition({ first, last, state, settled }: DispositionFields): void {
    const end = Math.min(last ?? first, this.#session.outgoing.next_delivery_id - 1);
    for (let id = first; id <= end; id += 1) {
      this.#unsettled.get(id)?.({ state, settled: settled === true });
    }
  }
}
