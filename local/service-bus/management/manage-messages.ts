import { readEntries, textOf } from '../amqp/amqp-decode.ts';
import {
  encodeBinary,
  encodeList,
  encodeMap,
  encodeString,
  encodeTimestampArray,
  encodeUuid,
} from '../amqp/amqp-encode.ts';
import { AmqpDecodeError, type AmqpError } from '../amqp/amqp-error.ts';
import { encodeDelivered } from '../amqp/delivered-message.ts';
import { failed, field, lockTokens, sequenceNumbers, textField, type ManagementRequest } from './management-request.ts';
import { deadLetterDescription, deadLetterReason, type Outcome } from '../amqp/outcome.ts';

/** A peek answers with no more than this, but with one message at least. The SDK asks again from where it got to. */
const mostPeekedBytes = 2 * 1024 * 1024;

/** `receiver-settle-mode` of who wants deferred messages removed as they are received. */
const settledFirst = 0;

export function peek({ engine, entity, fields, respond }: ManagementRequest): void {
  const count = Number(field(fields, 'message-count'));
  const omitBody = field(fields, 'omit-message-body') === true;
  const from = Number(field(fields, 'from-sequence-number'));
  const session = entity.sessions === undefined ? undefined : textField(fields, 'session-id');
  const messages: Buffer[] = [];
  let bytes = 0;
  for (const message of engine.peek(entity, from, session)) {
    const encoded = encodeDelivered(message, { omitBody });
    bytes += encoded.length;
    if (messages.length > 0 && bytes > mostPeekedBytes) {
      break;
    }
    messages.push(encodeMap([['message', encodeBinary(encoded)]]));
    if (messages.length >= count) {
      break;
    }
  }
  engine.afterCommit(() => {
    respond(
      messages.length === 0
        ? { kind: 'done', status: 204 }
        : { kind: 'done', body: encodeMap([['messages', encodeList(messages)]]) },
    );
  });
}

export function renewLocks({ engine, entity, fields, respond }: ManagementRequest): void {
  engine.renew(entity, lockTokens(fields), (ends) => {
    respond(
      'condition' in ends
        ? failed(ends)
        : { kind: 'done', body: encodeMap([['expirations', encodeTimestampArray(ends)]]) },
    );
  });
}

export function receiveDeferred({ engine, entity, fields, respond }: ManagementRequest): void {
  const request = {
    sequences: sequenceNumbers(fields),
    presettled: Number(field(fields, 'receiver-settle-mode')) === settledFirst,
    session: textField(fields, 'session-id'),
  };
  engine.receiveDeferred(entity, request, (deliveries) => {
    if ('condition' in deliveries) {
      respond(failed(deliveries));
      return;
    }
    const messages = deliveries.map(({ bytes, token }) =>
      encodeMap([
        ...(token === undefined ? [] : [['lock-token', encodeUuid(token)] as const]),
        ['message', encodeBinary(bytes)],
      ]),
    );
    respond({ kind: 'done', body: encodeMap([['messages', encodeList(messages)]]) });
  });
}

/** How the SDK settles deferred messages, and others when the link that delivered them has gone. */
export function updateDisposition({ engine, entity, fields, gate, respond }: ManagementRequest): void {
  const outcome = readDisposition(fields);
  const tokens = lockTokens(fields);
  const refuse = (error: AmqpError): void => respond(failed(error));
  const settleAll = (answered: (errors: readonly AmqpError[]) => void): void => {
    const errors: AmqpError[] = [];
    let open = tokens.length;
    for (const token of tokens) {
      engine.settle(entity, token, outcome, (error) => {
        open -= 1;
        errors.push(...(error === undefined ? [] : [error]));
        if (open === 0) {
          answered(errors);
        }
      });
    }
  };
  gate.pass({
    entity,
    operation: 'settle',
    carryOut: (committed) => {
      settleAll(([first]) => {
        committed(() => (first === undefined ? respond({ kind: 'done' }) : refuse(first)));
      });
    },
    refuse,
  });
}

function readDisposition(fields: ReadonlyMap<string, Buffer>): Outcome {
  const status = textOf(field(fields, 'disposition-status'));
  const properties = fields.get('properties-to-modify');
  const changes = properties === undefined ? [] : readEntries(properties);
  switch (status) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', changes };
    case 'defered':
      return { kind: 'defer', changes };
    case 'suspended': {
      const reason = textField(fields, 'deadletter-reason');
      const description = textField(fields, 'deadletter-description');
      return {
        kind: 'deadLetter',
        changes: [
          ...changes,
          ...(reason === undefined ? [] : [[deadLetterReason, encodeString(reason)] as const]),
          ...(description === undefined ? [] : [[deadLetterDescription, encodeString(description)] as const]),
        ],
      };
    }
    default:
      throw new AmqpDecodeError(`Unknown disposition-status '${status}'.`);
  }
}
