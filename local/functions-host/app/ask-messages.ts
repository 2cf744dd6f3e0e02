/**
 * Pulls by asking, as the extension does for batches and for sessions: so many loops, each with at most one batch or one
 * session in hand.
 *
 * 1. A loop asks for more only when what it had is settled.
 * 2. After a fault all loops go on by a client of its own: one of the SDK that has lost its connection may do nothing for a
 *    minute.
 */
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { inTime } from '../in-time.ts';

export interface AskSettings {
  /** Opens a client. */
  readonly connect: () => ServiceBusClient;
  readonly queueName: string;
  readonly loops: number;
  /** The most messages of one batch. */
  readonly maxMessages: number;
  /** Absent: the queue has no sessions. */
  readonly sessions?: SessionSettings;
  /** Settles what it gets. */
  readonly handle: (receiver: ServiceBusReceiver, messages: readonly ServiceBusReceivedMessage[]) => Promise<void>;
  readonly fault: (source: string, error: unknown) => void;
}

export interface SessionSettings {
  /** A session that brings nothing for so long is given up for another, in milliseconds. */
  readonly idleMs: number;
  readonly maxLockRenewalMs: number;
}

export interface AskedQueue {
  /** Asks for nothing more; what is in hand is still settled. */
  readonly stopPulling: () => void;
  readonly close: () => Promise<void>;
}

/** How long a loop waits after a fault. */
const reconnectMs = 500;
/** How long it asks at a time. The SDK may not answer at all once its connection is gone: it then has so long more. */
const askMs = 5000;
const graceMs = 3000;

export function askMessages(settings: AskSettings): AskedQueue {
  const stopping = new AbortController();
  const clients = keepClient(settings.connect);
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const client = clients.current();
      try {
        await (settings.sessions === undefined
          ? pullBatches(client, settings, stopping.signal)
          : pullSession(client, settings, stopping.signal));
      } catch (error) {
        if (!stopping.signal.aborted) {
          settings.fault('receive', error);
          clients.replace(client);
          await delay(reconnectMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      }
    }
  };
  const ended = Promise.all(Array.from({ length: settings.loops }, loop));
  return {
    stopPulling: () => stopping.abort(),
    close: async () => {
      await ended;
      await clients.current().close();
    },
  };
}

function keepClient(connect: () => ServiceBusClient) {
  let client = connect();
  return {
    current: () => client,
    /** Unless another loop has done it. */
    replace: (lost: ServiceBusClient): void => {
      if (client === lost) {
        client = connect();
        // Nobody waits for it: the end of a lost connection may never come.
        lost.close().catch(() => undefined);
      }
    },
  };
}

async function pullBatches(client: ServiceBusClient, settings: AskSettings, signal: AbortSignal): Promise<void> {
  const receiver = client.createReceiver(settings.queueName, {
    receiveMode: 'peekLock',
    maxAutoLockRenewalDurationInMs: 0, // locks of a batch are not renewed, as in the extension
    skipParsingBodyAsJson: true,
  });
  while (!signal.aborted) {
    await pull(receiver, { ...settings, waitMs: askMs, signal });
  }
}

/** Takes the next session that has messages, and keeps it until it brings no more. */
async function pullSession(client: ServiceBusClient, settings: AskSettings, signal: AbortSignal): Promise<void> {
  const { queueName, sessions } = settings;
  const receiver = await client
    .acceptNextSession(queueName, {
      receiveMode: 'peekLock',
      maxAutoLockRenewalDurationInMs: sessions?.maxLockRenewalMs ?? 0,
      skipParsingBodyAsJson: true,
      abortSignal: signal,
    })
    .catch(noSessionYet);
  if (receiver === undefined) {
    return;
  }
  try {
    let leftMs = sessions?.idleMs ?? 0;
    while (!signal.aborted && leftMs > 0) {
      const waitMs = Math.min(leftMs, askMs);
      const count = await pull(receiver, { ...settings, waitMs, signal });
      leftMs = count > 0 ? (sessions?.idleMs ?? 0) : leftMs - waitMs;
    }
  } finally {
    // Its lock ends with it.
    await receiver.close();
  }
}

/** @returns how many messages there were */
async function pull(
  receiver: ServiceBusReceiver,
  settings: AskSettings & { readonly waitMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const asked = receiver.receiveMessages(settings.maxMessages, {
    maxWaitTimeInMs: settings.waitMs,
    abortSignal: settings.signal,
  });
  const messages = await inTime(asked, settings.waitMs + graceMs);
  if (messages.length > 0) {
    await settings.handle(receiver, messages);
  }
  return messages.length;
}

function noSessionYet(error: unknown): undefined {
  if (z.object({ code: z.enum(['ServiceTimeout', 'SessionCannotBeLockedError']) }).safeParse(error).success) {
    return undefined;
  }
  throw error;
}
