import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { z } from 'zod';

export interface LockRenewal {
  readonly receiver: ServiceBusReceiver;
  readonly message: ServiceBusReceivedMessage;
  /** No renewal is begun later than this after the start, in milliseconds. */
  readonly maxMs: number;
  readonly fault: (source: string, error: unknown) => void;
}

/**
 * Keeps a message locked until the returned function is called. The SDK's own renewal goes on after a completion that
 * was cut off, and would hold the message back from redelivery for as long as the host runs.
 *
 * Renews ten seconds before the lock ends, or at half of what is left of a shorter one. A fault is tried again until the
 * lock has ended.
 */
export function renewLock({ receiver, message, maxMs, fault }: LockRenewal): () => void {
  const startedMs = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const plan = (delayMs: number): void => {
    if (!stopped && Date.now() + delayMs - startedMs <= maxMs) {
      timer = setTimeout(() => void renew(), delayMs);
    }
  };
  const renew = async (): Promise<void> => {
    try {
      await receiver.renewMessageLock(message);
      plan(untilRenewalMs(message));
    } catch (error) {
      if (!stopped) {
        fault(`renewing the lock of message ${String(message.messageId)}`, error);
      }
      if (!isLockLost(error) && lockedForMs(message) > 0) {
        plan(retryMs);
      }
    }
  };
  plan(untilRenewalMs(message));
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

const earlyMs = 10_000;
const retryMs = 500;

function lockedForMs(message: ServiceBusReceivedMessage): number {
  return (message.lockedUntilUtc?.getTime() ?? 0) - Date.now();
}

function untilRenewalMs(message: ServiceBusReceivedMessage): number {
  const leftMs = lockedForMs(message);
  return Math.max(0, leftMs - Math.min(leftMs / 2, earlyMs));
}

function isLockLost(error: unknown): boolean {
  return z.object({ code: z.literal('MessageLockLost') }).safeParse(error).success;
}
