import type {
  DeadLetter,
  DeadLetterNote,
  JobQueue,
  OutgoingMessage,
  ReceivedMessage,
} from '../../shared/pools/job-queue.ts';
import { parseJson } from '../../shared/tokens/json-guards.ts';
import type { FakeClock } from './fake-clock.ts';

export interface DeadLettered extends DeadLetterNote {
  readonly messageId: string;
  readonly body: unknown;
  readonly message: QueuedMessage;
}

export interface MemoryJobQueue extends JobQueue {
  /** Puts a message there as any other service would. */
  readonly put: (queue: string, body: unknown, properties?: Partial<QueuedMessage>) => void;
  /** What is in the queue, locked and scheduled messages included. */
  readonly messages: (queue: string) => readonly QueuedMessage[];
  readonly deadLetters: (queue: string) => readonly DeadLettered[];
  /** What the broker does by itself with a message that it gives up. */
  readonly deadLetterAs: (queue: string, messageId: string, reason: string) => void;
  /** Ids of the messages in the order in which they were sent, dropped duplicates included. */
  readonly sent: readonly string[];
  /** Every lock is lost, and whoever holds one is told: the messages come back. */
  readonly loseLocks: () => void;
  /** Every lock is lost, and nobody is told: the process that held it died, or has not noticed yet. */
  readonly dropLocks: () => void;
}

interface QueuedMessage {
  readonly messageId: string;
  readonly body: unknown;
  readonly epoch: number;
  readonly batchId: string | undefined;
  readonly traceparent: string | undefined;
  readonly sequenceNumber: string;
  readonly deliveryCount: number;
  readonly enqueuedAt: number;
  readonly dueAt: number;
  readonly costTokens: number | undefined;
  /** The holder is told when it loses the lock. */
  readonly lock: AbortController | undefined;
}

/** How long a message's id is remembered, in ms. */
const duplicatesMs = 600_000;

/**
 * Queues in memory with what the pipeline relies on: peek-lock, delivery counts, scheduling, duplicate detection and
 * dead letters. Locks are renewed for as long as nobody takes them away.
 */
export function memoryJobQueue(clock: FakeClock): MemoryJobQueue {
  const queues = new Map<string, QueuedMessage[]>();
  const dead = new Map<string, DeadLettered[]>();
  const known = new Map<string, number>();
  const sent: string[] = [];
  const arrivals = new Set<() => void>();
  let sequence = 0;

  const of = (queue: string): QueuedMessage[] => {
    const messages = queues.get(queue) ?? [];
    queues.set(queue, messages);
    return messages;
  };
  const replace = (queue: string, old: QueuedMessage, next: QueuedMessage | undefined): boolean => {
    const messages = of(queue);
    const index = messages.indexOf(old);
    if (index !== -1) {
      messages.splice(index, 1, ...(next === undefined ? [] : [next]));
    }
    return index !== -1;
  };
  const arrived = (): void => {
    for (const tell of arrivals) {
      tell();
    }
  };
  const back = (message: QueuedMessage): QueuedMessage => {
    return { ...message, lock: undefined, deliveryCount: message.deliveryCount + 1 };
  };
  const put: MemoryJobQueue['put'] = (queue, body, properties = {}) => {
    sequence += 1;
    const messageId = properties.messageId ?? `message-${sequence}`;
    sent.push(messageId);
    const key = `${queue} ${messageId}`;
    if ((known.get(key) ?? Number.NEGATIVE_INFINITY) + duplicatesMs > clock.now()) {
      return;
    }
    known.set(key, clock.now());
    of(queue).push({
      body,
      epoch: 0,
      batchId: undefined,
      traceparent: undefined,
      sequenceNumber: String(sequence),
      deliveryCount: 0,
      enqueuedAt: Math.max(clock.now(), properties.dueAt ?? 0),
      dueAt: clock.now(),
      costTokens: undefined,
      lock: undefined,
      ...properties,
      messageId,
    });
    arrived();
  };
  const bury = (queue: string, message: QueuedMessage, note: DeadLetterNote): void => {
    const { messageId, body } = message;
    const letters = [...(dead.get(queue) ?? []), { ...note, messageId, body, message }];
    dead.set(
      queue,
      letters.toSorted((a, b) => Number(a.message.sequenceNumber) - Number(b.message.sequenceNumber)),
    );
  };
  const lockDue = (queue: string, most: number): readonly ReceivedMessage[] => {
    const due = of(queue).filter((one) => one.lock === undefined && one.dueAt <= clock.now());
    return due.slice(0, most).map((message) => {
      const locked = { ...message, lock: new AbortController() };
      replace(queue, message, locked);
      return received(queue, locked, locked.lock.signal);
    });
  };
  const received = (queue: string, message: QueuedMessage, lockLost: AbortSignal): ReceivedMessage => {
    const settle = (next: QueuedMessage | undefined) => (replace(queue, message, next) ? 'settled' : 'not-settled');
    const { dueAt: _dueAt, costTokens: _cost, lock: _lock, ...properties } = message;
    return {
      ...properties,
      lockLost,
      complete: async () => settle(undefined),
      leave: () => {
        settle(back(message));
        arrived();
      },
      abandon: async () => {
        const outcome = settle(back(message));
        arrived();
        return outcome;
      },
      deadLetter: async (note) => {
        const outcome = settle(undefined);
        if (outcome === 'settled') {
          bury(queue, message, note);
        }
        return outcome;
      },
    };
  };
  const endLocks = (isTold: boolean): void => {
    for (const [queue, messages] of queues) {
      for (const message of messages.filter((one) => one.lock !== undefined)) {
        replace(queue, message, back(message));
        if (isTold) {
          message.lock?.abort();
        }
      }
    }
    arrived();
  };

  return {
    put,
    sent,
    messages: (queue) => of(queue),
    deadLetters: (queue) => dead.get(queue) ?? [],
    deadLetterAs: (queue, messageId, reason) => {
      for (const message of of(queue).filter((one) => one.messageId === messageId)) {
        replace(queue, message, undefined);
        bury(queue, message, { reason, description: `${reason}, says the broker.`, figures: {} });
      }
    },
    loseLocks: () => endLocks(true),
    dropLocks: () => endLocks(false),
    send: async (queue, messages) => {
      for (const message of messages) {
        put(queue, parseJson(message.text) ?? message.text, toProperties(message));
      }
    },
    receive: async (queue, most, waitMs) => {
      const until = clock.now() + waitMs;
      for (;;) {
        const messages = lockDue(queue, most);
        const leftMs = until - clock.now();
        if (messages.length > 0 || leftMs <= 0) {
          return messages;
        }
        const dueIns = of(queue).map((one) => one.dueAt - clock.now());
        const arrival = new AbortController();
        const tell = (): void => arrival.abort();
        arrivals.add(tell);
        await clock.sleep(Math.min(leftMs, ...dueIns.filter((ms) => ms > 0)), arrival.signal);
        arrivals.delete(tell);
      }
    },
    hasWork: async (queue, held) =>
      of(queue).some((message) => message.dueAt <= clock.now() && !held.has(message.sequenceNumber)),
    backlog: async (queue, { enqueuedBefore = Number.POSITIVE_INFINITY } = {}) => {
      const waiting = of(queue).filter(
        ({ dueAt, lock, enqueuedAt }) => dueAt <= clock.now() && lock === undefined && enqueuedAt < enqueuedBefore,
      );
      const costs = waiting.flatMap(({ costTokens }) => costTokens ?? []);
      const average = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
      const costTokens = costs.length === 0 ? undefined : average * waiting.length;
      return { countedAt: clock.now(), messages: waiting.length, costTokens };
    },
    peekDeadLetters: async (queue, { after = '0', most }) =>
      (dead.get(queue) ?? [])
        .filter(({ message }) => Number(message.sequenceNumber) > Number(after))
        .slice(0, most)
        .map((letter) => {
          const { body: _body, batchId: _batchId, ...head } = toLetter(letter);
          return head;
        }),
    readDeadLetter: async (queue, sequenceNumber) => {
      const found = (dead.get(queue) ?? []).find(({ message }) => message.sequenceNumber === sequenceNumber);
      return found === undefined ? undefined : toLetter(found);
    },
    removeDeadLetters: async (queue, sequenceNumbers) => {
      const letters = dead.get(queue) ?? [];
      const left = letters.filter(({ message }) => !sequenceNumbers.has(message.sequenceNumber));
      dead.set(queue, left);
      return letters.length - left.length;
    },
  };
}

function toLetter({ reason, description, figures, message }: DeadLettered): DeadLetter {
  const { messageId, body, epoch, batchId, sequenceNumber, enqueuedAt } = message;
  const plain = Object.entries(figures).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[key, value] as const] : [],
  );
  const properties = Object.fromEntries(plain);
  return { sequenceNumber, messageId, epoch, reason, description, properties, enqueuedAt, body, batchId };
}

function toProperties(message: OutgoingMessage): Partial<QueuedMessage> {
  const { messageId, epoch, traceparent, dueAt, costTokens } = message;
  return { messageId, epoch, traceparent, costTokens, ...(dueAt === undefined ? {} : { dueAt }) };
}
