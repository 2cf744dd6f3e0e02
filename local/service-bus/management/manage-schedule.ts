import { isAmqpMap } from '../amqp/amqp-decode.ts';
import { encodeLongArray, encodeMap } from '../amqp/amqp-encode.ts';
import { AmqpDecodeError, conditions, messageTooLarge } from '../amqp/amqp-error.ts';
import { refusedMessages } from '../connections/intake-link.ts';
import { failed, listField, sequenceNumbers, type ManagementRequest } from './management-request.ts';
import { parseMessage } from '../amqp/message-sections.ts';

/** Each message carries its due time as an annotation, as in a plain send. */
export function schedule({ engine, entity, fields, gate, respond }: ManagementRequest): void {
  if (entity.deadLetters === undefined) {
    const description = `Messages cannot be scheduled in '${entity.name}'.`;
    respond(failed({ condition: conditions.notAllowed, description }));
    return;
  }
  const encoded = listField(fields, 'messages').map((item) => {
    const message = isAmqpMap(item) ? item.get('message') : undefined;
    if (!Buffer.isBuffer(message)) {
      throw new AmqpDecodeError('A message to schedule is not binary.');
    }
    return message;
  });
  const bytes = encoded.reduce((sum, message) => sum + message.length, 0);
  const { maxMessageBytes } = entity.settings;
  const messages = bytes > maxMessageBytes ? [] : encoded.map((message) => parseMessage(message));
  const refused =
    bytes > maxMessageBytes ? messageTooLarge(bytes, maxMessageBytes) : refusedMessages(engine, entity, messages);
  if (refused !== undefined) {
    respond(failed(refused));
    return;
  }
  gate.pass({
    entity,
    operation: 'send',
    carryOut: (committed) => {
      engine.enqueue(entity, messages, (sequences) => {
        const body = encodeMap([['sequence-numbers', encodeLongArray(sequences)]]);
        committed(() => respond({ kind: 'done', body }));
      });
    },
    refuse: (error) => respond(failed(error)),
  });
}

export function cancelScheduled({ engine, entity, fields, respond }: ManagementRequest): void {
  engine.cancel(entity, sequenceNumbers(fields), (error) => {
    respond(error === undefined ? { kind: 'done' } : failed(error));
  });
}
