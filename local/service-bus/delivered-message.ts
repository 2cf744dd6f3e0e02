import { endOfValue } from './amqp-decode.ts';
import {
  encodedFalse,
  encodedNull,
  encodedTrue,
  encodeBinary,
  encodeInt,
  encodeList,
  encodeLong,
  encodeMapContent,
  encodeSection,
  encodeSymbol,
  encodeTimestamp,
  encodeUbyte,
  encodeUint,
} from './amqp-encode.ts';
import { sectionCodes } from './message-sections.ts';
import type { StoredMessage } from './queue-store.ts';

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
  return Buffer.concat([
    encodeHeader(message),
    encodeAnnotations(message, options.lockedUntilMs),
    message.properties,
    message.applicationProperties,
    options.omitBody === true ? emptyBody : message.body,
  ]);
}

function encodeHeader({ durable, priority, ttlMs, deliveryCount }: StoredMessage): Buffer {
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

function encodeAnnotations(message: StoredMessage, lockedUntilMs: number | undefined): Buffer {
  const content = [
    sequenceKey,
    encodeLong(message.sequence),
    enqueueSequenceKey,
    encodeLong(message.enqueueSequence),
    enqueuedTimeKey,
    encodeTimestamp(message.enqueuedAtMs),
  ];
  if (lockedUntilMs !== undefined) {
    content.push(lockedUntilKey, encodeTimestamp(lockedUntilMs));
  }
  if (message.deferred || message.onceScheduled) {
    content.push(stateKey, encodeInt(message.deferred ? deferredState : scheduledState));
  }
  const count = content.length + pushMapContent(message.annotations, content);
  return encodeSection(sectionCodes.messageAnnotations, encodeMapContent(content, count));
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
