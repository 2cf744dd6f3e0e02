import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { DeadLetterNote, ReceivedMessage, SettleOutcome } from './job-queue.ts';

/** Service Bus takes this many characters of reason and description. */
const longestNote = 4096;

/** How often locks are looked at: a lost one is noticed this much late at the most. */
const lockCheckMs = 1000;

export interface LockWatch {
  readonly add: (message: ServiceBusReceivedMessage) => { readonly signal: AbortSignal; readonly release: () => void };
  readonly stop: () => void;
}

/**
 * Watches the locks of everything in hand with one timer. The SDK renews locks and moves `lockedUntilUtc`; it does not
 * say when a renewal failed, but then that time passes.
 */
export function watchLocks(): LockWatch {
  const held = new Map<ServiceBusReceivedMessage, AbortController>();
  let timer: NodeJS.Timeout | undefined;
  const check = (): void => {
    const now = Date.now();
    for (const [message, controller] of held) {
      if ((message.lockedUntilUtc?.getTime() ?? Number.POSITIVE_INFINITY) < now) {
        held.delete(message);
        controller.abort();
      }
    }
  };
  return {
    add: (message) => {
      const controller = new AbortController();
      held.set(message, controller);
      timer ??= setInterval(check, lockCheckMs).unref();
      return { signal: controller.signal, release: () => void held.delete(message) };
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
      held.clear();
    },
  };
}

export function toReceivedMessage(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  locks: LockWatch,
): ReceivedMessage {
  const lock = locks.add(message);
  const settle = async (call: () => Promise<void>): Promise<SettleOutcome> => {
    try {
      await call();
      return 'settled';
    } catch {
      // Whatever the reason (lock lost, connection lost): the message comes back by itself, and its document says how it ended.
      return 'not-settled';
    } finally {
      lock.release();
    }
  };
  const properties = message.applicationProperties ?? {};
  return {
    messageId: typeof message.messageId === 'string' ? message.messageId : undefined,
    body: readBody(message),
    epoch: readEpoch(properties['epoch']),
    batchId: text(properties['batchId']),
    traceparent: text(properties['traceparent']) ?? text(properties['Diagnostic-Id']),
    sequenceNumber: String(message.sequenceNumber),
    deliveryCount: message.deliveryCount ?? 0,
    enqueuedAt: message.enqueuedTimeUtc?.getTime() ?? Date.now(),
    lockLost: lock.signal,
    complete: async () => settle(async () => receiver.completeMessage(message)),
    abandon: async () => settle(async () => receiver.abandonMessage(message)),
    deadLetter: async (note) => settle(async () => receiver.deadLetterMessage(message, toDeadLetterOptions(note))),
  };
}

/** Figures travel as application properties, which hold plain values only. */
function toDeadLetterOptions(note: DeadLetterNote) {
  const plain = Object.entries(note.figures).filter(([, value]) => typeof value !== 'object' || value === null);
  return {
    deadLetterReason: note.reason.slice(0, longestNote),
    deadLetterErrorDescription: note.description.slice(0, longestNote),
    ...Object.fromEntries(plain.map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, 512) : value])),
  };
}

function readBody(message: ServiceBusReceivedMessage): unknown {
  const body: unknown = message.body;
  return body;
}

function readEpoch(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
