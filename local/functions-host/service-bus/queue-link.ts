import type {
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from '@azure/service-bus';

export interface LinkSettings {
  /** Opens a client. */
  readonly connect: () => ServiceBusClient;
  readonly queueName: string;
  readonly maxConcurrentCalls: number;
  readonly handle: (receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage) => Promise<void>;
  readonly fault: (source: string, error: unknown) => void;
}

/** Pulls from one queue for as long as it is kept. */
export interface KeptLink {
  readonly stopPulling: () => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Link {
  readonly client: ServiceBusClient;
  readonly receiver: ServiceBusReceiver;
  readonly openedMs: number;
  readonly stopPulling: () => Promise<void>;
  /** Ends it once what it has in hand is settled. Nobody waits for it: the end of a lost connection may never come. */
  readonly retire: () => void;
}

/** How long after a fault a link is opened anew; and for how long at least it has to be open. */
const reconnectMs = 500;
const youngestMs = 5000;

/** Opens a link, and after each fault of receiving another by a client of its own, which takes over what is to come. */
export function keepLink(settings: LinkSettings): KeptLink {
  let timer: NodeJS.Timeout | undefined;
  let isStopping = false;
  const open = (): Link => openLink({ ...settings, fault });
  const fault = (source: string, error: unknown): void => {
    settings.fault(source, error);
    if (source === 'receive' && !isStopping) {
      const ageMs = performance.now() - link.openedMs;
      timer ??= setTimeout(replace, Math.max(reconnectMs, youngestMs - ageMs));
    }
  };
  const replace = (): void => {
    timer = undefined;
    link.retire();
    link = open();
  };
  let link = open();
  return {
    stopPulling: async () => {
      isStopping = true;
      clearTimeout(timer);
      await link.stopPulling();
    },
    close: async () => {
      await link.receiver.close();
      await link.client.close();
    },
  };
}

function openLink({ connect, handle, maxConcurrentCalls, queueName, fault }: LinkSettings): Link {
  const client = connect();
  const receiver = client.createReceiver(queueName, {
    receiveMode: 'peekLock',
    maxAutoLockRenewalDurationInMs: 0, // see renew-lock.ts
    skipParsingBodyAsJson: true,
  });
  const inHand = new Set<Promise<void>>();
  const subscription = receiver.subscribe(
    {
      processMessage: async (message) => {
        const handling = handle(receiver, message).finally(() => inHand.delete(handling));
        inHand.add(handling);
        await handling;
      },
      processError: async ({ error, errorSource }: ProcessErrorArgs) => fault(errorSource, error),
    },
    { autoCompleteMessages: false, maxConcurrentCalls },
  );
  const stopPulling = async (): Promise<void> => subscription.close();
  const retire = async (): Promise<void> => {
    const stopped = stopPulling().catch(() => undefined);
    await Promise.allSettled(inHand);
    await stopped;
    await client.close();
  };
  return {
    client,
    receiver,
    openedMs: performance.now(),
    stopPulling,
    retire: () => void retire().catch(() => undefined),
  };
}
