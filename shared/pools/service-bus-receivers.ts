import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { type SettlementTurns, settlementTurns } from './settlement-turns.ts';

/** A receiver, and the turns in which its messages are settled. */
export interface OpenReceiver {
  readonly receiver: ServiceBusReceiver;
  readonly turns: SettlementTurns;
}

/** What the client's own retries need at the longest for one call, and a little, in ms. */
const usualLongestMs = 18_000;

/** Bodies come as they are: what is in them is read by the app, in turns and by its own rules. */
const peekLock = { receiveMode: 'peekLock', maxAutoLockRenewalDurationInMs: 0, skipParsingBodyAsJson: true } as const;

/**
 * The receivers of one queue. A receiver receives for one caller at a time, so that each caller gets one of its own.
 *
 * A receive that was under way when the connection broke may never return. After a while its receiver is left alone: it
 * still settles what it gave out before, and what it gives out later goes back to the queue.
 */
export class QueueReceivers {
  readonly #client: ServiceBusClient;
  readonly #queue: string;
  readonly #held: (receiver: ServiceBusReceiver) => ReadonlySet<string>;
  readonly #longestReceiveMs: number;
  #idle: OpenReceiver[] = [];
  readonly #busy = new Set<OpenReceiver>();
  #left: (OpenReceiver & { isDone: boolean })[] = [];

  /** @param held sequence numbers of what a receiver has in hand */
  constructor(
    client: ServiceBusClient,
    queue: string,
    held: (receiver: ServiceBusReceiver) => ReadonlySet<string>,
    longestReceiveMs = usualLongestMs,
  ) {
    this.#client = client;
    this.#queue = queue;
    this.#held = held;
    this.#longestReceiveMs = longestReceiveMs;
  }

  /** Sequence numbers of what is in hand, of all receivers. */
  held(): ReadonlySet<string> {
    return new Set(this.#all().flatMap(({ receiver }) => [...this.#held(receiver)]));
  }

  /** One to peek with: that disturbs no receive. */
  looker(): ServiceBusReceiver {
    const known = [...this.#idle, ...this.#busy].find(({ receiver }) => !receiver.isClosed);
    if (known !== undefined) {
      return known.receiver;
    }
    const opened = this.#open();
    this.#idle.push(opened);
    return opened.receiver;
  }

  /** @throws AppError `queue.unavailable` (retryable) when the receive does not return */
  async receive(
    call: (receiver: ServiceBusReceiver) => Promise<ServiceBusReceivedMessage[]>,
  ): Promise<{ readonly from: OpenReceiver; readonly messages: readonly ServiceBusReceivedMessage[] }> {
    this.#closeLeft();
    const from = this.#take();
    this.#busy.add(from);
    const receiving = call(from.receiver);
    const over = new AbortController();
    const late = sleep(this.#longestReceiveMs, 'late' as const, { signal: over.signal, ref: false });
    late.catch(() => undefined);
    let isLeft = false;
    try {
      const messages = await Promise.race([receiving, late]);
      if (messages === 'late') {
        isLeft = true;
        throw new AppError('queue.unavailable', `Receiving from ${this.#queue} never returned. It is tried again.`, {
          isRetryable: true,
        });
      }
      return { from, messages };
    } finally {
      over.abort();
      this.#busy.delete(from);
      if (isLeft) {
        const left = { ...from, isDone: false };
        this.#left.push(left);
        void giveBackLate(from, receiving).then(() => {
          left.isDone = true;
        });
      } else {
        this.#idle.push(from);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#all().map(async ({ receiver }) => receiver.close()));
  }

  #all(): readonly OpenReceiver[] {
    return [...this.#idle, ...this.#busy, ...this.#left];
  }

  #take(): OpenReceiver {
    this.#idle = this.#idle.filter(({ receiver }) => !receiver.isClosed);
    return this.#idle.shift() ?? this.#open();
  }

  #open(): OpenReceiver {
    return {
      receiver: this.#client.createReceiver(this.#queue, peekLock),
      turns: settlementTurns(async () => setImmediate()),
    };
  }

  /** Nobody waits for these: a receiver that hung may hang once more. */
  #closeLeft(): void {
    const done = this.#left.filter(({ receiver, isDone }) => isDone && this.#held(receiver).size === 0);
    this.#left = this.#left.filter((one) => !done.includes(one));
    void Promise.allSettled(done.map(async ({ receiver }) => receiver.close()));
  }
}

/** Nobody waits for these messages any more: without this they would lie locked until their locks expire. */
async function giveBackLate(from: OpenReceiver, receiving: Promise<ServiceBusReceivedMessage[]>): Promise<void> {
  const [late] = await Promise.allSettled([receiving]);
  if (late.status === 'fulfilled') {
    await Promise.allSettled(late.value.map(async (message) => from.receiver.abandonMessage(message)));
  }
}
