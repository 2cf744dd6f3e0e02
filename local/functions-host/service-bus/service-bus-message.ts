import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { CallerTrace } from '../app/app-messages.ts';
import type { TypedData } from '../app/worker-contract.ts';

/** The body as the host sends it to a worker: text. The model parses it as JSON when it can. */
export function messageText({ body }: ServiceBusReceivedMessage): string {
  const value: unknown = body;
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString('utf8');
  }
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/**
 * The binding data of the Service Bus extension ("Azure Service Bus trigger: message metadata"), names as .NET writes
 * them; the model turns them into `messageId`, `deliveryCount` and so on. The delivery count is 1 on first delivery,
 * as in .NET; the JavaScript SDK starts at 0.
 */
export function triggerMetadata(message: ServiceBusReceivedMessage): Readonly<Record<string, TypedData>> {
  const properties = { json: JSON.stringify(message.applicationProperties ?? {}) };
  return {
    MessageId: { string: idText(message.messageId) ?? '' },
    DeliveryCount: { int: (message.deliveryCount ?? 0) + 1 },
    SequenceNumber: { int: Number(message.sequenceNumber ?? 0) },
    EnqueuedSequenceNumber: { int: message.enqueuedSequenceNumber ?? 0 },
    LockToken: { string: message.lockToken ?? '' },
    ...instant('EnqueuedTimeUtc', message.enqueuedTimeUtc),
    ...instant('EnqueuedTime', message.enqueuedTimeUtc),
    ...expiry('ExpiresAtUtc', message.expiresAtUtc),
    ...expiry('ExpiresAt', message.expiresAtUtc),
    ...instant('LockedUntilUtc', message.lockedUntilUtc),
    ...text('ContentType', message.contentType),
    ...text('CorrelationId', idText(message.correlationId)),
    ...text('Subject', message.subject),
    ...text('Label', message.subject),
    ...text('To', message.to),
    ...text('ReplyTo', message.replyTo),
    ...text('ReplyToSessionId', message.replyToSessionId),
    ...text('SessionId', message.sessionId),
    ...text('PartitionKey', message.partitionKey),
    ...text('TransactionPartitionKey', message.partitionKey),
    ...text('DeadLetterSource', message.deadLetterSource),
    ApplicationProperties: properties,
    UserProperties: properties,
  };
}

/**
 * The same for a batch: each name with `Array` behind it, an entry a message. A text that a message does not have is
 * empty, as between the host and a worker that asks for empty entries.
 */
export function batchMetadata(messages: readonly ServiceBusReceivedMessage[]): Readonly<Record<string, TypedData>> {
  const each = messages.map(triggerMetadata);
  const metadata: Record<string, TypedData> = {};
  for (const name of batchTexts) {
    metadata[`${name}Array`] = { collectionString: { string: each.map((one) => one[name]?.string ?? '') } };
  }
  for (const name of batchValues) {
    metadata[`${name}Array`] = { json: `[${each.map((one) => jsonOf(one[name])).join(',')}]` };
  }
  return metadata;
}

const batchTexts = [
  'MessageId',
  'LockToken',
  'ContentType',
  'CorrelationId',
  'Subject',
  'Label',
  'To',
  'ReplyTo',
  'ReplyToSessionId',
  'SessionId',
  'PartitionKey',
  'TransactionPartitionKey',
  'DeadLetterSource',
] as const;
const batchValues = [
  'DeliveryCount',
  'SequenceNumber',
  'ExpiresAtUtc',
  'ExpiresAt',
  'EnqueuedTimeUtc',
  'EnqueuedTime',
  'ApplicationProperties',
  'UserProperties',
] as const;

function jsonOf(data: TypedData | undefined): string {
  return data?.json ?? JSON.stringify(data?.int ?? null);
}

/** The sender's trace context: the property that the Azure SDKs write, or its older name. */
export function messageTrace({ applicationProperties }: ServiceBusReceivedMessage): CallerTrace {
  const traceParent = applicationProperties?.['traceparent'] ?? applicationProperties?.['Diagnostic-Id'];
  const traceState = applicationProperties?.['tracestate'];
  return {
    traceParent: typeof traceParent === 'string' ? traceParent : undefined,
    traceState: typeof traceState === 'string' ? traceState : undefined,
  };
}

/** AMQP allows ids of several types; the SDK gives binary ones as a buffer. */
function idText(id: ServiceBusReceivedMessage['correlationId']): string | undefined {
  return Buffer.isBuffer(id) ? id.toString('hex') : id?.toString();
}

function text(name: string, value: string | number | bigint | undefined): Record<string, TypedData> {
  return value === undefined ? {} : { [name]: { string: String(value) } };
}

function instant(name: string, value: Date | undefined): Record<string, TypedData> {
  return value === undefined ? {} : { [name]: { json: JSON.stringify(value.toISOString()) } };
}

/** What never expires does so at .NET's last instant there (`ServiceBusReceivedMessage.ExpiresAt`). */
function expiry(name: string, value: Date | undefined): Record<string, TypedData> {
  const isBeyond = value !== undefined && value.getUTCFullYear() > 9999;
  return isBeyond ? { [name]: { json: '"9999-12-31T23:59:59.9999999Z"' } } : instant(name, value);
}
