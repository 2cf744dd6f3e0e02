import { endOfValue } from './amqp-decode.ts';
import {
  encodedFalse,
  encodedNull,
  encodedTrue,
  encodeBinary,
  encodeInt,
  encodeList,
  encodeLong,
  encodeMapHead,
  encodeSection,
  encodeSymbol,
  encodeTimestamp,
  encodeUbyte,
  encodeUint,
  writeInt64,
} from './amqp-encode.ts';
import { sectionCodes } from './message-sections.ts';
import type { StoredMessage } from '../queues/queue-store.ts';

const sequenceKey = encodeSymbol('x-opt-sequence-number');
const enqueueSequenceKey = encodeSymbol('x-opt-enqueue-sequence-number');
const enqueuedTimeKey = encodeSymbol('x-opt-enqueued-time');
const lockedUntilKey = encodeSymbol('x-opt-locked-until');
const stateKey = encodeSymbol('x-opt-message-state');

/** `x-opt-message-state`; the service leaves that of a scheduled message on it after it became active. */
const deferredState = 1;
const scheduledState = 2;

const emptyBody = encodeSection(sectionCodes.data, encodeBinary(Buffer.alloc(0)));

/**
 * The bytes of a message as a receiver or a peek gets them: the stored sections with the header and the broker's
 * annotations written anew (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide).
 * The delivery count is always written, because the SDK shows a missing one as undefined and not as 0.
 *
 * @param options.lockedUntilMs left out for a message that is not locked @param options.omitBody for peeks
 */
export function encodeDelivered(
  message: StoredMessage,
  options: { readonly lockedUntilMs?: number | undefined; readonly omitBody?: boolean } = {},
): Buffer {
  const parts: Buffer[] = [headers.of(message)];
  pushAnnotations(message, options.lockedUntilMs, parts);
  parts.push(message.properties, message.applicationProperties, options.omitBody === true ? emptyBody : message.body);
  return Buffer.concat(parts);
}

type Header = Pick<StoredMessage, 'durable' | 'priority' | 'ttlMs' | 'deliveryCount'>;

/** Most messages have the header of the one before. */
class LastHeader {
  #header: Header | undefined;
  #bytes: Buffer = Buffer.alloc(0);

  of({ durable, priority, ttlMs, deliveryCount }: Header): Buffer {
    const last = this.#header;
    const isSame =
      last?.durable === durable &&
      last.priority === priority &&
      last.ttlMs === ttlMs &&
      last.deliveryCount === deliveryCount;
    if (!isSame) {
      this.#header = { durable, priority, ttlMs, deliveryCount };
      this.#bytes = encodeHeader(this.#header);
    }
    return this.#bytes;
  }
}

const headers = new LastHeader();

function encodeHeader({ durable, priority, ttlMs, deliveryCount }: Header): Buffer {
  return encodeSection(
    sectionCodes.header,
    encodeList([
      durable ? encodedTrue : encodedFalse,
      priority === undefined ? encodedNull : encodeUbyte(priority),
      ttlMs === undefined ? encodedNull : encodeUint(ttlMs),
      encodedNull,
      encodeUint(deliveryCount),
    ]),
  );
}

const sectionHead = encodeSection(sectionCodes.messageAnnotations, Buffer.alloc(0));

/** The entries that every delivery has, with their values left at 0, and where the bytes of each value are. */
const ownEntries = Buffer.concat([
  sequenceKey,
  encodeLong(0),
  enqueueSequenceKey,
  encodeLong(0),
  enqueuedTimeKey,
  encodeTimestamp(0),
  lockedUntilKey,
  encodeTimestamp(0),
]);
const valueBytes = 8;
const sequenceAt = sequenceKey.length + 1;
const enqueueSequenceAt = sequenceAt + valueBytes + enqueueSequenceKey.length + 1;
const enqueuedTimeAt = enqueueSequenceAt + valueBytes + enqueuedTimeKey.length + 1;
const lockedUntilAt = enqueuedTimeAt + valueBytes + lockedUntilKey.length + 1;

function pushAnnotations(message: StoredMessage, lockedUntilMs: number | undefined, parts: Buffer[]): void {
  const own = Buffer.from(
    lockedUntilMs === undefined ? ownEntries.subarray(0, enqueuedTimeAt + valueBytes) : ownEntries,
  );
  writeInt64(own, message.sequence, sequenceAt);
  writeInt64(own, message.enqueueSequence, enqueueSequenceAt);
  writeInt64(own, message.enqueuedAtMs, enqueuedTimeAt);
  if (lockedUntilMs !== undefined) {
    writeInt64(own, lockedUntilMs, lockedUntilAt);
  }
  const content: Buffer[] = [own];
  let count = lockedUntilMs === undefined ? 6 : 8;
  if (message.deferred || message.onceScheduled) {
    content.push(stateKey, encodeInt(message.deferred ? deferredState : scheduledState));
    count += 2;
  }
  count += pushMapContent(message.annotations, content);
  const length = content.reduce((sum, part) => sum + part.length, 0);
  parts.push(sectionHead, encodeMapHead(length, count), ...content);
}

/** Adds the run of entries inside an encoded map. @returns how many keys and values they are */
function pushMapContent(map: Buffer, content: Buffer[]): number {
  if (map.length === 0) {
    return 0;
  }
  const short = map[0] === 0xc1;
  content.push(map.subarray(short ? 3 : 9, endOfValue(map, 0)));
  return short ? map.readUInt8(2) : map.readUInt32BE(5);
}
