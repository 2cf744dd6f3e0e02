import type { ServiceBusClient } from '@azure/service-bus';
import fc from 'fast-check';
import { parseJobMessage } from '../../shared/jobs/job-message.ts';
import { readBody } from '../../shared/jobs/read-body.ts';
import { fuzzJob, hostileText } from './hostile-jobs.ts';

/** How a sender may put a body on a queue: its own bytes, what the SDK makes of a value, AMQP's other sections. */
type Form = 'bytes' | 'text' | 'object' | 'value' | 'value object' | 'sequence';

export interface HostileMessage {
  readonly text: string;
  readonly form: Form;
  readonly properties: Readonly<Record<string, string | number | boolean | Date | null>>;
}

const property = fc.oneof(
  hostileText.map((text) => text.toWellFormed()),
  // The SDK writes fractions as doubles and whole numbers in 32 bits.
  fc.double({ noNaN: true, noInteger: true }),
  fc.integer(),
  fc.boolean(),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2099-01-01') }),
  fc.constant(null),
);

export const hostileMessage: fc.Arbitrary<HostileMessage> = fc.record({
  text: fc.oneof(
    { arbitrary: fuzzJob.map(({ text }) => text), weight: 4 },
    fc.string({ unit: 'binary', maxLength: 30 }),
  ),
  form: fc.constantFrom<Form>('bytes', 'bytes', 'text', 'object', 'value', 'value object', 'sequence'),
  properties: fc.dictionary(
    fc.constantFrom('epoch', 'batchId', 'traceparent', 'Diagnostic-Id', 'costTokens', 'jobId', 'reason', 'x'),
    property,
    { maxKeys: 4 },
  ),
});

/** A message that has to end as InvalidJob, and the path of what is wrong with it. */
export interface ExpectedRefusal {
  readonly mark: string;
  readonly path: string;
}

/** Puts the messages on the queue `jobs`. */
export async function sendHostile(
  client: ServiceBusClient,
  messages: readonly HostileMessage[],
  name: string,
): Promise<readonly ExpectedRefusal[]> {
  const sender = client.createSender('jobs');
  const send = async (message: HostileMessage, index: number): Promise<ExpectedRefusal | undefined> => {
    const mark = `${name}-${index}`;
    const { body, bodyType } = bodyOf(message);
    const messageId = `fuzz-${mark}`;
    const outgoing = { body, messageId, applicationProperties: { ...message.properties, mark } };
    await sender.sendMessages(bodyType === undefined ? outgoing : { ...outgoing, bodyType });
    const path = await refusalOf(body, messageId);
    return path === undefined ? undefined : { mark, path };
  };
  const sent = await Promise.all(messages.map(send));
  await sender.close();
  return sent.filter((one) => one !== undefined);
}

function bodyOf({ text, form }: HostileMessage): {
  readonly body: unknown;
  readonly bodyType?: 'value' | 'sequence';
} {
  switch (form) {
    case 'bytes':
      return { body: Buffer.from(text) };
    case 'text':
      return { body: text };
    case 'object':
      // The SDK writes it as JSON, where what is infinite becomes null.
      return { body: JSON.parse(JSON.stringify(parsed(text))) };
    case 'value':
      return { body: text.toWellFormed(), bodyType: 'value' };
    case 'value object':
      return { body: amqpValue(parsed(text)), bodyType: 'value' };
    case 'sequence':
      return { body: [amqpValue(parsed(text))], bodyType: 'sequence' };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.toWellFormed();
  }
}

/**
 * A value as AMQP's own types carry it. What the SDK cannot send is taken out: whole numbers beyond 32 bits, half
 * surrogate pairs, and `__proto__`, which its decoder assigns.
 */
function amqpValue(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.toWellFormed();
  }
  if (typeof value === 'number') {
    return Math.abs(value) < 2 ** 31 ? value : 0.5;
  }
  if (Array.isArray(value)) {
    return value.map(amqpValue);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value).map(([key, part]) => [
          key === '__proto__' ? 'proto' : key.toWellFormed(),
          amqpValue(part),
        ]),
      )
    : value;
}

async function refusalOf(body: unknown, messageId: string): Promise<string | undefined> {
  const read = await readBody(body, async () => undefined);
  const message = read.kind === 'read' ? parseJobMessage({ body: read.value, messageId, batchId: undefined }) : read;
  return message.kind === 'invalid' ? (message.problems[0]?.path ?? '') : undefined;
}
