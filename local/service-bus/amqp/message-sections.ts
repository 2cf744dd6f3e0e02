import { randomUUID } from 'node:crypto';
import { endOfValue, readEntries, readItems, readValue, type EncodedEntry } from './amqp-decode.ts';
import { encodeList, encodeMap, encodeSection, encodeString, encodeSymbolMap, encodeTimestamp } from './amqp-encode.ts';
import { AmqpDecodeError } from './amqp-error.ts';

/** Descriptors of the message sections (OASIS AMQP 1.0, part 3, section 3.2). */
export const sectionCodes = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

/**
 * A message cut into the parts that the service rewrites and the parts that it passes on byte for byte.
 * Empty buffers stand for absent sections; `ttlMs` and `priority` are undefined when the header does not give them.
 */
export interface ParsedMessage {
  readonly durable: boolean;
  readonly priority: number | undefined;
  readonly ttlMs: number | undefined;
  /** The sender's own annotations as an encoded map, without those that the service writes. */
  readonly annotations: Buffer;
  /** The properties section, descriptor included. It always has a message id. */
  readonly properties: Buffer;
  /** The application-properties section, descriptor included, or empty. */
  readonly applicationProperties: Buffer;
  /** All body sections and the footer. */
  readonly body: Buffer;
  /** The message id with its type, comparable as text. */
  readonly messageIdKey: string;
  readonly scheduledAtMs: number | undefined;
  /** The group id: the session that the message belongs to in a queue of sessions. */
  readonly sessionId: string | undefined;
}

export interface Section {
  readonly code: number;
  /** Where the section's value starts, and where the section starts and ends. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** Cuts an encoded message into its sections. */
export function readSections(bytes: Buffer): Section[] {
  const sections: Section[] = [];
  let start = 0;
  while (start < bytes.length) {
    if (bytes[start] !== 0) {
      throw new AmqpDecodeError('A message section has no descriptor.');
    }
    const code = readValue(bytes, start + 1);
    if (typeof code !== 'number') {
      throw new AmqpDecodeError('Message sections have to be described by number.');
    }
    const value = endOfValue(bytes, start + 1);
    const end = endOfValue(bytes, value);
    sections.push({ code, value, start, end });
    start = end;
  }
  return sections;
}

/** Annotations that the service writes itself: a sender that returns a received message must not set them. */
const ownAnnotations = new Set([
  'x-opt-sequence-number',
  'x-opt-enqueue-sequence-number',
  'x-opt-enqueued-time',
  'x-opt-locked-until',
  'x-opt-message-state',
  'x-opt-deadletter-source',
]);
/** Positions in the properties section (AMQP 1.0, part 3, section 3.2.4). */
const absoluteExpiryField = 8;
const creationTimeField = 9;
const groupIdField = 10;
const scheduledAnnotation = 'x-opt-scheduled-enqueue-time';

const nothing = Buffer.alloc(0);

/** Parses one message. Throws `AmqpDecodeError` when the bytes are no AMQP message. */
export function parseMessage(bytes: Buffer): ParsedMessage {
  const sections = readSections(bytes);
  const header = sections.find(({ code }) => code === sectionCodes.header);
  const annotations = readAnnotations(
    bytes,
    sections.find(({ code }) => code === sectionCodes.messageAnnotations),
  );
  const properties = readProperties(
    bytes,
    sections.find(({ code }) => code === sectionCodes.properties),
  );
  const application = sections.find(({ code }) => code === sectionCodes.applicationProperties);
  const body = sections.find(({ code }) => code >= sectionCodes.data);
  if (body === undefined) {
    throw new AmqpDecodeError('A message has no body.');
  }
  return {
    ...readHeader(header === undefined ? [] : readItems(bytes, header.value)),
    ...annotations,
    ...properties,
    applicationProperties: application === undefined ? nothing : bytes.subarray(application.start, application.end),
    body: bytes.subarray(body.start),
  };
}

/** The messages in a transfer of message format 0x80013700: one data section for each encoded message. */
export function parseBatch(bytes: Buffer): ParsedMessage[] {
  return readSections(bytes)
    .filter(({ code }) => code === sectionCodes.data)
    .map(({ value }) => {
      const message = readValue(bytes, value);
      if (!Buffer.isBuffer(message)) {
        throw new AmqpDecodeError('A batch holds something else than encoded messages.');
      }
      return parseMessage(message);
    });
}

/** Application properties with `changes` laid over them. @returns a whole section, or empty */
export function changeApplicationProperties(section: Buffer, changes: readonly EncodedEntry[]): Buffer {
  if (changes.length === 0) {
    return section;
  }
  const merged = new Map(section.length === 0 ? [] : readEntries(section));
  for (const [key, value] of changes) {
    merged.set(key, value);
  }
  return encodeSection(sectionCodes.applicationProperties, encodeMap([...merged]));
}

/**
 * A message whose time to live is no longer than `longestMs`: a queue's own is also that of messages that name none. The
 * absolute expiry time that a sender gave follows.
 */
export function withinTimeToLive(message: ParsedMessage, longestMs: number | undefined): ParsedMessage {
  const { ttlMs = Number.POSITIVE_INFINITY } = message;
  if (longestMs === undefined || ttlMs <= longestMs) {
    return message;
  }
  const items = readItems(message.properties);
  const created = items[creationTimeField] === undefined ? null : readValue(items[creationTimeField]);
  if (!(created instanceof Date)) {
    return { ...message, ttlMs: longestMs };
  }
  const expiry = encodeTimestamp(created.getTime() + longestMs);
  const changed = items.map((item, index) => (index === absoluteExpiryField ? expiry : item));
  return { ...message, ttlMs: longestMs, properties: encodeSection(sectionCodes.properties, encodeList(changed)) };
}

function readHeader(items: readonly Buffer[]): Pick<ParsedMessage, 'durable' | 'priority' | 'ttlMs'> {
  const [durable, priority, ttl] = items.map((item) => readValue(item));
  return {
    durable: durable === true,
    priority: typeof priority === 'number' ? priority : undefined,
    ttlMs: typeof ttl === 'number' ? ttl : undefined,
  };
}

function readAnnotations(
  bytes: Buffer,
  section: Section | undefined,
): Pick<ParsedMessage, 'annotations' | 'scheduledAtMs'> {
  const entries = section === undefined ? [] : readEntries(bytes, section.value);
  const kept = entries.filter(([key]) => !ownAnnotations.has(key));
  const scheduled = kept.find(([key]) => key === scheduledAnnotation);
  const scheduledAt = scheduled === undefined ? null : readValue(scheduled[1]);
  return {
    annotations: kept.length === 0 ? nothing : encodeSymbolMap(kept),
    scheduledAtMs: scheduledAt instanceof Date ? scheduledAt.getTime() : undefined,
  };
}

/** The service gives a message without an id one of its own; the SDK's lock renewal relies on there being one. */
function readProperties(
  bytes: Buffer,
  section: Section | undefined,
): Pick<ParsedMessage, 'properties' | 'messageIdKey' | 'sessionId'> {
  const items = section === undefined ? [] : readItems(bytes, section.value);
  const id = items[0] === undefined ? null : readValue(items[0]);
  const sessionId = readGroupId(items[groupIdField]);
  if (section !== undefined && id !== null) {
    return { properties: bytes.subarray(section.start, section.end), messageIdKey: comparableId(id), sessionId };
  }
  const assigned = randomUUID().replaceAll('-', '');
  return {
    properties: encodeSection(sectionCodes.properties, encodeList([encodeString(assigned), ...items.slice(1)])),
    messageIdKey: comparableId(assigned),
    sessionId,
  };
}

function readGroupId(item: Buffer | undefined): string | undefined {
  const id = item === undefined ? null : readValue(item);
  return typeof id === 'string' ? id : undefined;
}

function comparableId(id: unknown): string {
  return Buffer.isBuffer(id) ? `bytes:${id.toString('hex')}` : `${typeof id}:${String(id)}`;
}
