import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import Long from 'long';
import { epochOf } from '../jobs/job-id.ts';
import type { DeadLetter, DeadLetterHead, JobQueue } from './job-queue.ts';
import { asQueueError } from './service-bus-errors.ts';
import { readBody, readText } from './service-bus-received-message.ts';

/** Letters that one receive asks for. */
const pageSize = 250;

/** As in the job queue: the SDK waits for a full batch, so it is given little time; and more for a first letter alone. */
const burstMs = 50;
const firstMs = 500;

/** Letters that one receiver holds: the AMQP library below the SDK keeps a list of 2,048 of them. */
const mostPerReceiver = 1500;

/**
 * What is held at once, in receivers and in bytes of letters (JSON, by a sample of them): what was received before that is
 * left to its locks' ends.
 */
const mostReceivers = 8;
const mostBytes = 128 * 1024 * 1024;
const sampledEvery = 25;

/** Properties of Service Bus itself; told in fields of their own. */
const noteProperties: ReadonlySet<string> = new Set(['DeadLetterReason', 'DeadLetterErrorDescription']);

type DeadLetterPart = Pick<JobQueue, 'peekDeadLetters' | 'readDeadLetter' | 'removeDeadLetters'>;

/** The dead-letter queues' side of the job queue. */
export function serviceBusDeadLetters(
  client: ServiceBusClient,
): DeadLetterPart & { readonly close: () => Promise<void> } {
  const lookers = new Map<string, ServiceBusReceiver>();
  const open = (queue: string): ServiceBusReceiver =>
    client.createReceiver(queue, {
      subQueueType: 'deadLetter',
      receiveMode: 'peekLock',
      maxAutoLockRenewalDurationInMs: 0,
    });
  const looker = (queue: string): ServiceBusReceiver => {
    const known = lookers.get(queue);
    const usable = known === undefined || known.isClosed ? open(queue) : known;
    lookers.set(queue, usable);
    return usable;
  };
  return {
    peekDeadLetters: async (queue, { after, most }) =>
      asQueueError(`Peeking the dead letters of ${queue}`, async () => {
        const from = after === undefined ? Long.ZERO : Long.fromString(after).add(1);
        // `omitMessageBody` is not in the SDK's declarations; where it is not heeded, bodies travel in vain.
        const options = { fromSequenceNumber: from, omitMessageBody: true };
        return (await looker(queue).peekMessages(most, options)).map(toHead);
      }),
    readDeadLetter: async (queue, sequenceNumber) =>
      asQueueError(`Reading a dead letter of ${queue}`, async () => {
        const options = { fromSequenceNumber: Long.fromString(sequenceNumber) };
        const [found] = await looker(queue).peekMessages(1, options);
        return found === undefined || String(found.sequenceNumber) !== sequenceNumber ? undefined : toLetter(found);
      }),
    removeDeadLetters: async (queue, sequenceNumbers) =>
      asQueueError(`Removing dead letters of ${queue}`, async () => removeLetters(() => open(queue), sequenceNumbers)),
    close: async () => {
      await Promise.allSettled([...lookers.values()].map(async (receiver) => receiver.close()));
    },
  };
}

interface Shelf {
  readonly receiver: ServiceBusReceiver;
  readonly held: ServiceBusReceivedMessage[];
  bytes: number;
}

/**
 * Service Bus gives letters in their order only. So those that are not meant are held under their locks until the pass is
 * over, and then let go: in a dead-letter queue that raises no delivery count. What is held is bounded: of a long queue the
 * first ones are left to their locks' ends, and the pass stops when they come round again.
 */
async function removeLetters(open: () => ServiceBusReceiver, meant: ReadonlySet<string>): Promise<number> {
  const shelves: Shelf[] = [];
  const seen = new Set<string>();
  let removed = 0;
  try {
    while (removed < meant.size) {
      const shelf = await nextShelf(shelves, open);
      const page = await receivePage(shelf.receiver);
      const isRound = page.some((letter) => seen.has(String(letter.sequenceNumber)));
      const found = page.filter((letter) => meant.has(String(letter.sequenceNumber)));
      shelf.held.push(...page.filter((letter) => !found.includes(letter)));
      shelf.bytes += sampleBytes(page);
      for (const letter of page) {
        seen.add(String(letter.sequenceNumber));
      }
      const settled = await Promise.allSettled(found.map(async (letter) => shelf.receiver.completeMessage(letter)));
      removed += settled.filter(({ status }) => status === 'fulfilled').length;
      if (page.length === 0 || isRound) {
        break;
      }
    }
    return removed;
  } finally {
    await Promise.all(shelves.map(letGo));
  }
}

async function receivePage(receiver: ServiceBusReceiver): Promise<readonly ServiceBusReceivedMessage[]> {
  const burst = await receiver.receiveMessages(pageSize, { maxWaitTimeInMs: burstMs });
  return burst.length > 0 ? burst : receiver.receiveMessages(1, { maxWaitTimeInMs: firstMs });
}

async function nextShelf(shelves: Shelf[], open: () => ServiceBusReceiver): Promise<Shelf> {
  const current = shelves.at(-1);
  if (current !== undefined && current.held.length + pageSize <= mostPerReceiver && current.bytes < mostBytes / 2) {
    return current;
  }
  const bytes = shelves.reduce((sum, shelf) => sum + shelf.bytes, 0);
  if (shelves.length === mostReceivers || bytes > mostBytes) {
    await shelves.shift()?.receiver.close();
  }
  const shelf = { receiver: open(), held: [], bytes: 0 };
  shelves.push(shelf);
  return shelf;
}

function sampleBytes(page: readonly ServiceBusReceivedMessage[]): number {
  const sample = page.filter((_, index) => index % sampledEvery === 0);
  const lengths = sample.map((letter) => JSON.stringify(readBody(letter) ?? null).length);
  return lengths.reduce((sum, length) => sum + length, 0) * sampledEvery;
}

/** A letter that cannot be let go is free again when its lock ends. */
async function letGo({ receiver, held }: Shelf): Promise<void> {
  await Promise.allSettled(held.map(async (letter) => receiver.abandonMessage(letter)));
  await Promise.allSettled([receiver.close()]);
}

function toHead(message: ServiceBusReceivedMessage): DeadLetterHead {
  const properties = message.applicationProperties ?? {};
  const plain = Object.entries(properties).flatMap(([key, value]) =>
    !noteProperties.has(key) && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      ? [[key, value] as const]
      : [],
  );
  return {
    sequenceNumber: String(message.sequenceNumber),
    messageId: typeof message.messageId === 'string' ? message.messageId : undefined,
    epoch: epochOf(message.messageId, properties['epoch']),
    reason: message.deadLetterReason,
    description: message.deadLetterErrorDescription,
    properties: Object.fromEntries(plain),
    enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? 0,
  };
}

function toLetter(message: ServiceBusReceivedMessage): DeadLetter {
  return {
    ...toHead(message),
    body: readBody(message),
    batchId: readText(message.applicationProperties?.['batchId']),
  };
}
