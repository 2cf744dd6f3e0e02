import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { epochOf } from '../jobs/job-id.ts';
import type { DeadLetterNote, ReceivedMessage, SettleOutcome } from './job-queue.ts';
import { reachable } from './service-bus-reachable.ts';
import type { SettlementKind, SettlementTurns } from './settlement-turns.ts';

/** Service Bus takes this many characters of reason and description. */
const longestNote = 4096;

/** How often locks are looked at: a lost one is noticed this much late at the most. */
const lockCheckMs = 1000;

/** A lock is renewed when less than this share of it is left. */
const renewAtShare = 0.5;

/** What the client's own retries need at the longest for one settlement, and a little, in ms. */
const longestSettlementMs = 18_000;

export interface LockWatch {
  readonly add: (
    receiver: ServiceBusReceiver,
    message: ServiceBusReceivedMessage,
  ) => { readonly signal: AbortSignal; readonly release: () => void };
  /** Sequence numbers of what a receiver has in hand. */
  readonly held: (receiver: ServiceBusReceiver) => ReadonlySet<string>;
  /** Of all receivers. */
  readonly count: () => number;
  readonly stop: () => void;
}

interface HeldLock {
  readonly receiver: ServiceBusReceiver;
  readonly message: ServiceBusReceivedMessage;
  readonly lost: AbortController;
  readonly renewAtMs: number;
  isRenewing: boolean;
}

/**
 * Renews the locks of everything in hand, with one timer, until they are released. The SDK's own renewal goes on after a
 * settlement that was cut off, so that the message would stay locked for as long as renewal is allowed at all.
 */
export function watchLocks(): LockWatch {
  const held = new Set<HeldLock>();
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const now = Date.now();
    for (const lock of held) {
      const leftMs = (lock.message.lockedUntilUtc?.getTime() ?? Number.POSITIVE_INFINITY) - now;
      if (leftMs <= 0) {
        held.delete(lock);
        lock.lost.abort();
      } else if (leftMs < lock.renewAtMs && !lock.isRenewing) {
        void renew(lock);
      }
    }
  };
  return {
    add: (receiver, message) => {
      const lockMs = (message.lockedUntilUtc?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
      const lock = {
        receiver,
        message,
        lost: new AbortController(),
        renewAtMs: lockMs * renewAtShare,
        isRenewing: false,
      };
      held.add(lock);
      timer ??= setInterval(check, lockCheckMs).unref();
      return { signal: lock.lost.signal, release: () => void held.delete(lock) };
    },
    held: (receiver) =>
      new Set([...held].flatMap((lock) => (lock.receiver === receiver ? [String(lock.message.sequenceNumber)] : []))),
    count: () => held.size,
    stop: () => {
      clearInterval(timer);
      timer = undefined;
      held.clear();
    },
  };
}

/** A renewal that fails is tried again with the next look; a lock that was not renewed in time shows by its own end. */
async function renew(lock: HeldLock): Promise<void> {
  lock.isRenewing = true;
  try {
    await lock.receiver.renewMessageLock(lock.message);
  } catch {
    // Told by `lockedUntilUtc`, which stays as it was.
  } finally {
    lock.isRenewing = false;
  }
}

export function toReceivedMessage(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  { locks, turns }: { readonly locks: LockWatch; readonly turns: SettlementTurns },
): ReceivedMessage {
  const lock = locks.add(receiver, message);
  const settle = async (outcome: SettlementKind, call: () => Promise<void>): Promise<SettleOutcome> => {
    try {
      return await turns.take(outcome, async () => {
        // Not renewed any more: a settlement that is cut off must not keep the message from coming back.
        lock.release();
        return settledInTime(call());
      });
    } catch {
      // Whatever the reason (lock lost, connection lost): the message comes back by itself, and its document says how it ended.
      return 'not-settled';
    }
  };
  const properties = message.applicationProperties ?? {};
  return {
    messageId: typeof message.messageId === 'string' ? message.messageId : undefined,
    body: readBody(message),
    epoch: epochOf(message.messageId, properties['epoch']),
    batchId: readText(properties['batchId']),
    traceparent: readText(properties['traceparent']) ?? readText(properties['Diagnostic-Id']),
    sequenceNumber: String(message.sequenceNumber),
    deliveryCount: message.deliveryCount ?? 0,
    enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? Date.now(),
    lockLost: lock.signal,
    complete: async () => settle('complete', async () => receiver.completeMessage(reachable(message))),
    leave: lock.release,
    abandon: async () => settle('abandon', async () => receiver.abandonMessage(reachable(message))),
    deadLetter: async (note) =>
      settle('alone', async () => receiver.deadLetterMessage(reachable(message), toDeadLetterOptions(note))),
  };
}

/** On a connection that was lost a settlement may never return. */
async function settledInTime(settling: Promise<void>): Promise<SettleOutcome> {
  const late = Promise.withResolvers<SettleOutcome>();
  const timer = setTimeout(() => late.resolve('not-settled'), longestSettlementMs);
  try {
    return await Promise.race([settling.then(() => 'settled' as const), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Longest text of one figure; lists and objects that are longer as JSON stand on the document alone. */
const longestText = 512;
const longestJson = 2048;

/** Figures travel as application properties, which hold plain values: lists and objects go as JSON. */
function toDeadLetterOptions(note: DeadLetterNote) {
  const properties = Object.entries(note.figures).flatMap(
    ([key, value]): [string, string | number | boolean | null][] => {
      if (typeof value === 'object' && value !== null) {
        const json = JSON.stringify(value);
        return json.length <= longestJson ? [[key, json]] : [];
      }
      return [[key, typeof value === 'string' ? value.slice(0, longestText) : value]];
    },
  );
  return {
    deadLetterReason: note.reason.slice(0, longestNote),
    deadLetterErrorDescription: note.description.slice(0, longestNote),
    ...Object.fromEntries(properties),
  };
}

export function readBody(message: ServiceBusReceivedMessage): unknown {
  const body: unknown = message.body;
  return body;
}

export function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
