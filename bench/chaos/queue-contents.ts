import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus';

const peekedAtOnce = 250;

export interface LeftMessage {
  readonly queue: string;
  readonly messageId: string;
  /** `active`, `scheduled` or `deferred`. */
  readonly state: string;
  readonly deliveryCount: number;
}

export interface DeadMessage {
  readonly queue: string;
  readonly messageId: string;
  readonly jobId: string | undefined;
  readonly reason: string;
  readonly description: string;
}

export interface QueueContents {
  readonly left: readonly LeftMessage[];
  readonly dead: readonly DeadMessage[];
}

/** All that lies in the queues and in their dead-letter queues, peeked with the real SDK. */
export async function peekQueues(connectionString: string, queues: readonly string[]): Promise<QueueContents> {
  const client = new ServiceBusClient(connectionString);
  try {
    const left: LeftMessage[] = [];
    const dead: DeadMessage[] = [];
    for (const queue of queues) {
      left.push(...(await peekAll(client, queue, 'active')).map((message) => toLeft(queue, message)));
      dead.push(...(await peekAll(client, queue, 'deadLetter')).map((message) => toDead(queue, message)));
    }
    return { left, dead };
  } finally {
    await client.close();
  }
}

async function peekAll(
  client: ServiceBusClient,
  queue: string,
  part: 'active' | 'deadLetter',
): Promise<readonly ServiceBusReceivedMessage[]> {
  const receiver = client.createReceiver(queue, part === 'deadLetter' ? { subQueueType: part } : {});
  const messages: ServiceBusReceivedMessage[] = [];
  for (let isMore = true; isMore;) {
    const page = await receiver.peekMessages(peekedAtOnce);
    messages.push(...page);
    isMore = page.length > 0;
  }
  await receiver.close();
  return messages;
}

function toLeft(queue: string, message: ServiceBusReceivedMessage): LeftMessage {
  return {
    queue,
    messageId: String(message.messageId),
    state: message.state,
    deliveryCount: message.deliveryCount ?? 0,
  };
}

function toDead(queue: string, message: ServiceBusReceivedMessage): DeadMessage {
  const jobId = message.applicationProperties?.['jobId'];
  return {
    queue,
    messageId: String(message.messageId),
    jobId: typeof jobId === 'string' ? jobId : undefined,
    reason: message.deadLetterReason ?? '',
    description: message.deadLetterErrorDescription ?? '',
  };
}
