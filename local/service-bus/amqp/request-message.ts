import { readEntries, readItems, readValue, type AmqpValue } from './amqp-decode.ts';
import { encodedNull, encodeInt, encodeList, encodeMap, encodeSection, encodeString } from './amqp-encode.ts';
import { AmqpDecodeError, type AmqpError } from './amqp-error.ts';
import { readSections, sectionCodes } from './message-sections.ts';

/** A request to `$cbs` or `$management`. */
export interface RequestMessage {
  /** Still encoded: it goes back as the correlation id in the type that it came in. */
  readonly messageId: Buffer;
  readonly replyTo: string;
  readonly properties: ReadonlyMap<string, AmqpValue>;
  /** The encoded value of the body. */
  readonly body: Buffer;
}

/** The positions of the fields in the properties section (AMQP 1.0, part 3, section 3.2.4). */
const messageIdField = 0;
const replyToField = 4;

/** Throws `AmqpDecodeError` when the bytes are no request that could be answered. */
export function parseRequest(bytes: Buffer): RequestMessage {
  const sections = readSections(bytes);
  const find = (wanted: number) => sections.find(({ code }) => code === wanted);
  const properties = find(sectionCodes.properties);
  const application = find(sectionCodes.applicationProperties);
  const body = find(sectionCodes.value) ?? find(sectionCodes.data);
  const fields = properties === undefined ? [] : readItems(bytes, properties.value);
  const messageId = fields[messageIdField];
  const replyTo = fields[replyToField] === undefined ? null : readValue(fields[replyToField]);
  if (messageId === undefined || typeof replyTo !== 'string') {
    throw new AmqpDecodeError('A request needs a message-id and a reply-to.');
  }
  const entries = application === undefined ? [] : readEntries(bytes, application.value);
  return {
    messageId,
    replyTo,
    properties: new Map(entries.map(([key, value]) => [key, readValue(value)])),
    body: body === undefined ? encodedNull : bytes.subarray(body.value, body.end),
  };
}

/** How an answer names its status: `$cbs` and `$management` differ. */
export interface StatusNames {
  readonly code: string;
  readonly description: string;
  readonly condition: string;
}

export const cbsStatus: StatusNames = {
  code: 'status-code',
  description: 'status-description',
  condition: 'error-condition',
};
export const managementStatus: StatusNames = {
  code: 'statusCode',
  description: 'statusDescription',
  condition: 'errorCondition',
};

/**
 * The answer to a request. An error always carries its condition: the SDK reads a bare 410 as a stolen link.
 *
 * @param answer.body an encoded value
 */
export function encodeResponse(
  messageId: Buffer,
  names: StatusNames,
  answer: { readonly status: number; readonly error?: AmqpError | undefined; readonly body?: Buffer | undefined },
): Buffer {
  const { status, error, body } = answer;
  const noFields = [encodedNull, encodedNull, encodedNull, encodedNull, encodedNull];
  return Buffer.concat([
    encodeSection(sectionCodes.properties, encodeList([...noFields, messageId])),
    encodeSection(
      sectionCodes.applicationProperties,
      encodeMap([
        [names.code, encodeInt(status)],
        [names.description, encodeString(error?.description ?? 'OK')],
        ...(error === undefined ? [] : [[names.condition, encodeString(error.condition)] as const]),
      ]),
    ),
    encodeSection(sectionCodes.value, body ?? encodedNull),
  ]);
}
