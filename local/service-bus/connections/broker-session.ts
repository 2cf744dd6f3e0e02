import { conditions, type AmqpError } from '../amqp/amqp-error.ts';
import {
  deliveryState,
  isTyped,
  setAsideName,
  type AttachFields,
  type DispositionFields,
  type FlowFields,
  type RheaFrame,
  type RheaLink,
  type RheaSession,
  type TransferFields,
} from '../amqp/rhea-seam.ts';
import { separateOutcomes } from '../amqp/separate-outcomes.ts';

/** Stands for message format 0, so that rhea hands the bytes over instead of decoding them. */
const plainFormat = 1;
/** No transfer is gathered beyond this, unless the link's queue takes larger messages: requests carry several messages. */
const mostBytes = 4 * 1024 * 1024;

/** Gets each state that a receiver gives to the delivery that was sent under this id. */
export type OnDisposition = (disposition: { readonly state: unknown; readonly settled: boolean }) => void;

/**
 * One AMQP session, with what a broker needs done differently from rhea:
 *
 * - Transfers reach us as bytes, whatever their format, and never grow beyond a limit in memory.
 * - A delivery leaves rhea's buffer of 2,048 as soon as it is sent. rhea keeps it until it is settled, and in order: one
 *   long lock would block the session. The states that receivers give are therefore read here.
 * - Answers to deliveries are written as they are given, see `separate-outcomes.ts`.
 * - A flow of the session wakes the links, for it may have opened the window; one with `echo` is answered.
 * - Transfers beyond the credit detach their link; those on a link that was detached and aborted ones are dropped.
 * - A link that is attached again under its name, while rhea has not yet forgotten the old one, is a new link; so is one
 *   of the same name in the other direction.
 */
export class BrokerSession {
  readonly #session: RheaSession;
  readonly #unsettled = new Map<number, OnDisposition>();
  readonly #received = new Map<number, number>();
  readonly #limits = new WeakMap<RheaLink, number>();
  readonly #tooLarge = new Map<RheaLink, number>();
  readonly #onFlow = new Set<() => void>();
  readonly touch: (link: RheaLink) => void;
  #reserved = 0;

  /** @param touch is told of links that are used */
  constructor(session: RheaSession, touch: (link: RheaLink) => void) {
    this.#session = session;
    this.touch = touch;
    const takeTransfer = session.on_transfer.bind(session);
    session.on_transfer = (frame) => {
      if (this.#admit(frame)) {
        takeTransfer(frame);
      }
    };
    const takeAttach = session.on_attach.bind(session);
    session.on_attach = (frame) => {
      makeRoom(session.links[frame.performative.name], frame.performative);
      leaveOutUnknown(frame.performative);
      takeAttach(frame);
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
      this.#answerFlow(frame.performative);
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

  /** Gathers transfers of this size on a link. */
  keep(link: RheaLink, bytes: number): void {
    this.#limits.set(link, Math.max(bytes, mostBytes));
  }

  /** The largest transfer that is gathered on a link. */
  limitOf(link: RheaLink): number {
    return this.#limits.get(link) ?? mostBytes;
  }

  /** The size of the transfer that just arrived, when it was too large to be kept. */
  takeTooLarge(link: RheaLink): number | undefined {
    const bytes = this.#tooLarge.get(link);
    this.#tooLarge.delete(link);
    return bytes;
  }

  /** @returns whether rhea is to take the transfer */
  #admit(frame: RheaFrame<TransferFields>): boolean {
    const { performative } = frame;
    const link = this.#session.remote.handles[performative.handle];
    if (link === undefined) {
      return true;
    }
    this.touch(link);
    const isOpen = link.is_open();
    const isBeyondCredit = link._incomplete === undefined && link.credit <= 0;
    if (isOpen && !isBeyondCredit && performative.aborted !== true) {
      this.#meter(frame, link);
      return true;
    }
    if (isOpen && isBeyondCredit) {
      link.close(transferLimitExceeded(link.name));
    }
    this.#skip(performative, link);
    return false;
  }

  /** A transfer that is not taken: it counts in the session all the same. */
  #skip({ delivery_id: id, handle }: TransferFields, link: RheaLink): void {
    const { incoming } = this.#session;
    incoming.next_transfer_id += 1;
    this.#received.delete(handle);
    if (link._incomplete !== undefined) {
      link._incomplete.settled = true;
      link._incomplete = undefined;
      link.credit -= 1;
      link.delivery_count += 1;
    } else if (typeof id === 'number') {
      incoming.next_delivery_id = id + 1;
    }
    this.#session.connection._register();
  }

  /** rhea does not know `echo`. A drain is answered when there is nothing more to deliver. */
  #answerFlow({ echo, handle }: FlowFields): void {
    const link = typeof handle === 'number' ? this.#session.remote.handles[handle] : undefined;
    if (link !== undefined) {
      this.touch(link);
      // A receiver that takes credit back counts without what is on its way to it.
      link.credit = Math.max(0, link.credit);
    }
    if (echo !== true || link?._draining === true) {
      return;
    }
    if (link === undefined) {
      this.#session._write_flow();
    } else {
      link.issue_flow = true;
      this.#session.connection._register();
    }
  }

  #meter(frame: RheaFrame<TransferFields>, link: RheaLink): void {
    const { performative } = frame;
    if (link._incomplete === undefined && performative.message_format === 0) {
      performative.message_format = plainFormat;
    }
    const bytes = (this.#received.get(performative.handle) ?? 0) + (frame.payload?.length ?? 0);
    const limit = this.limitOf(link);
    if (bytes > limit) {
      frame.payload = Buffer.alloc(0);
    }
    if (performative.more === true) {
      this.#received.set(performative.handle, bytes);
      return;
    }
    this.#received.delete(performative.handle);
    if (bytes > limit) {
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

/** A detach that was received is answered before the same name is attached again. Each direction has names of its own. */
function makeRoom(link: RheaLink | undefined, attach: AttachFields): void {
  if (link === undefined) {
    return;
  }
  if (!link.is_remote_open()) {
    link.close();
    link._process();
    link.remove();
  } else if (link.is_receiver() === attach.role) {
    setAsideName(link);
  }
}

/** Sources and targets. rhea says on the console that it does not know others, such as those of transactions. */
const termini: ReadonlySet<unknown> = new Set([0x28, 0x29, 'amqp:source:list', 'amqp:target:list']);

/** What is left of the link has no address, and is refused for that. */
function leaveOutUnknown(attach: AttachFields): void {
  for (const end of ['source', 'target'] as const) {
    const terminus = attach[end];
    if (isTyped(terminus) && !termini.has(terminus.descriptor?.value)) {
      attach[end] = undefined;
    }
  }
}

function transferLimitExceeded(name: string): AmqpError {
  return {
    condition: conditions.transferLimitExceeded,
    description: `The peer sent more transfers than the credit of the link '${name}' allows.`,
  };
}
