import { AmqpDecodeError, conditions, messageTooLarge, queueFull, type AmqpError } from '../amqp/amqp-error.ts';
import type { BrokerSession } from './broker-session.ts';
import type { Entity } from '../queues/entity.ts';
import { sizeOf } from '../queues/entity-sizes.ts';
import type { FaultGate } from './fault-gate.ts';
import { parseBatch, parseMessage, type ParsedMessage } from '../amqp/message-sections.ts';
import type { QueueEngine } from '../queues/queue-engine.ts';
import { asContext, deliveryState, type RheaDelivery, type RheaLink } from '../amqp/rhea-seam.ts';

/** The message format of a batch: data sections that hold encoded messages. */
const batchFormat = 0x80013700;

/**
 * The broker's end of a link on which a client sends messages. Each transfer is accepted after what it carries is
 * committed, or rejected with an error.
 */
export function openIntakeLink({
  link,
  session,
  engine,
  entity,
  gate,
}: {
  readonly link: RheaLink;
  readonly session: BrokerSession;
  readonly engine: QueueEngine;
  readonly entity: Entity;
  readonly gate: FaultGate;
}): void {
  session.keep(link, entity.settings.maxMessageBytes);
  link.on('message', (raw) => {
    const { message, delivery, format } = asContext(raw);
    if (!Buffer.isBuffer(message) || delivery === undefined) {
      return;
    }
    const { maxMessageBytes } = entity.settings;
    const bytes = session.takeTooLarge(link) ?? message.length;
    if (bytes > maxMessageBytes) {
      answer(delivery, messageTooLarge(bytes, maxMessageBytes));
      return;
    }
    const messages = decode(message, format);
    if (messages instanceof AmqpDecodeError) {
      answer(delivery, { condition: conditions.decodeError, description: messages.message });
      return;
    }
    const refused = refusedMessages(engine, entity, messages);
    if (refused !== undefined) {
      answer(delivery, refused);
      return;
    }
    gate.pass({
      entity,
      operation: 'send',
      carryOut: (committed) => {
        engine.enqueue(entity, messages, () => {
          committed(() => answer(delivery, undefined));
        });
      },
      refuse: (error) => answer(delivery, error),
    });
  });
}

/** Why an entity takes none of the messages: a queue may be full, and one of sessions asks each for its session. */
export function refusedMessages(
  engine: QueueEngine,
  entity: Entity,
  messages: readonly ParsedMessage[],
): AmqpError | undefined {
  const { maxSizeBytes } = entity.settings;
  const bytes = messages.reduce((sum, message) => sum + sizeOf(message), engine.sizeBytes(entity));
  if (bytes > maxSizeBytes) {
    return queueFull(entity.name, maxSizeBytes);
  }
  if (entity.sessions === undefined || messages.every(({ sessionId }) => sessionId !== undefined)) {
    return undefined;
  }
  return {
    condition: conditions.notAllowed,
    description: `The SessionId was not set on a message, and it cannot be sent to the entity '${entity.name}'. Entities that have session support enabled can only receive messages that have the SessionId set to a valid value.`,
  };
}

function decode(bytes: Buffer, format: number | undefined): ParsedMessage[] | AmqpDecodeError {
  try {
    return format === batchFormat ? parseBatch(bytes) : [parseMessage(bytes)];
  } catch (error) {
    if (error instanceof AmqpDecodeError) {
      return error;
    }
    throw error;
  }
}

function answer(delivery: RheaDelivery, error: AmqpError | undefined): void {
  delivery.update(true, deliveryState(error));
}
