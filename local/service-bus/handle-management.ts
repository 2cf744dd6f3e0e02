import { isAmqpList, isAmqpMap, readEntries, readValue, textOf, type AmqpValue } from './amqp-decode.ts';
import {
  encodeBinary,
  encodeList,
  encodeLongArray,
  encodeMap,
  encodeString,
  encodeTimestampArray,
} from './amqp-encode.ts';
import { AmqpDecodeError, conditions, messageTooLarge, notCarried, type AmqpError } from './amqp-error.ts';
import { encodeDelivered } from './delivered-message.ts';
import type { Entity } from './entity.ts';
import type { FaultGate } from './fault-gate.ts';
import { maxMessageBytes } from './intake-link.ts';
import { parseMessage } from './message-sections.ts';
import { deadLetterDescription, deadLetterReason, type Outcome } from './outcome.ts';
import type { QueueEngine } from './queue-engine.ts';
import type { Answer, HandleRequest } from './request-link.ts';

/** A peek answers with no more than this, but with one message at least. The SDK asks again from where it got to. */
const mostPeekedBytes = 2 * 1024 * 1024;

interface Request {
  readonly engine: QueueEngine;
  readonly entity: Entity;
  readonly gate: FaultGate;
  /** The body's entries, still encoded. */
  readonly fields: ReadonlyMap<string, Buffer>;
  readonly respond: (answer: Answer) => void;
}

/**
 * The operations of an entity's `$management` node
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response).
 */
const operations: Readonly<Record<string, (request: Request) => void>> = {
  'com.microsoft:peek-message': peek,
  'com.microsoft:renew-lock': renewLocks,
  'com.microsoft:schedule-message': schedule,
  'com.microsoft:cancel-scheduled-message': cancelScheduled,
  'com.microsoft:update-disposition': updateDisposition,
};

export function handleManagement(on: Pick<Request, 'engine' | 'entity' | 'gate'>): HandleRequest {
  return ({ properties, body }, respond) => {
    const name = textOf(properties.get('operation'));
    const operation = operations[name];
    if (operation === undefined) {
      respond({ kind: 'failed', status: 501, error: notCarried(`the management operation '${name}'`) });
      return;
    }
    try {
      operation({ ...on, fields: new Map(readEntries(body)), respond });
    } catch (error) {
      if (!(error instanceof AmqpDecodeError)) {
        throw error;
      }
      respond(failed(400, { condition: conditions.argumentError, description: error.message }));
    }
  };
}

function peek({ engine, entity, fields, respond }: Request): void {
  const count = Number(field(fields, 'message-count'));
  const omitBody = field(fields, 'omit-message-body') === true;
  const messages: Buffer[] = [];
  let bytes = 0;
  for (const message of engine.peek(entity, Number(field(fields, 'from-sequence-number')))) {
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

function renewLocks({ engine, entity, fields, respond }: Request): void {
  engine.renew(entity, lockTokens(fields), (ends) => {
    respond(
      'condition' in ends
        ? failed(410, ends)
        : { kind: 'done', body: encodeMap([['expirations', encodeTimestampArray(ends)]]) },
    );
  });
}

/** Each message carries its due time as an annotation, as in a plain send. */
function schedule({ engine, entity, fields, gate, respond }: Request): void {
  if (entity.deadLetters === undefined) {
    const description = `Messages cannot be scheduled in '${entity.name}'.`;
    respond(failed(400, { condition: conditions.notAllowed, description }));
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
  if (bytes > maxMessageBytes) {
    respond(failed(403, messageTooLarge(bytes, maxMessageBytes)));
    return;
  }
  const messages = encoded.map((message) => parseMessage(message));
  gate.pass({
    entity,
    operation: 'send',
    carryOut: (committed) => {
      engine.enqueue(entity, messages, (sequences) => {
        const body = encodeMap([['sequence-numbers', encodeLongArray(sequences)]]);
        committed(() => respond({ kind: 'done', body }));
      });
    },
    refuse: (error) => respond(failed(statusOf(error), error)),
  });
}

function cancelScheduled({ engine, entity, fields, respond }: Request): void {
  engine.cancel(entity, listField(fields, 'sequence-numbers').map(Number), (error) => {
    respond(error === undefined ? { kind: 'done' } : failed(404, error));
  });
}

/** How the SDK settles when the link that delivered the message has gone. */
function updateDisposition({ engine, entity, fields, gate, respond }: Request): void {
  const outcome = readDisposition(fields);
  const tokens = lockTokens(fields);
  const refuse = (error: AmqpError): void => respond(failed(statusOf(error), error));
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
      return { kind: 'defer' };
    case 'suspended': {
      const reason = field(fields, 'deadletter-reason');
      const description = field(fields, 'deadletter-description');
      return {
        kind: 'deadLetter',
        changes: [
          ...changes,
          ...(typeof reason === 'string' ? [[deadLetterReason, encodeString(reason)] as const] : []),
          ...(typeof description === 'string' ? [[deadLetterDescription, encodeString(description)] as const] : []),
        ],
      };
    }
    default:
      throw new AmqpDecodeError(`Unknown disposition-status '${status}'.`);
  }
}

function statusOf(error: AmqpError): number {
  switch (error.condition) {
    case conditions.messageLockLost:
      return 410;
    case conditions.notImplemented:
      return 501;
    case conditions.resourceLimitExceeded:
      return 403;
    case conditions.serverBusy:
      return 503;
    case conditions.internalError:
      return 500;
    case conditions.timeout:
      return 408;
    default:
      return 400;
  }
}

function failed(status: number, error: AmqpError): Answer {
  return { kind: 'failed', status, error };
}

/** Lock tokens are uuids in RFC 4122 order. */
function lockTokens(fields: ReadonlyMap<string, Buffer>): string[] {
  const tokens = listField(fields, 'lock-tokens').map((token) => (Buffer.isBuffer(token) ? token.toString('hex') : ''));
  if (tokens.length === 0) {
    throw new AmqpDecodeError("The request has no 'lock-tokens'.");
  }
  return tokens;
}

function field(fields: ReadonlyMap<string, Buffer>, name: string): AmqpValue {
  const value = fields.get(name);
  return value === undefined ? null : readValue(value);
}

function listField(fields: ReadonlyMap<string, Buffer>, name: string): readonly AmqpValue[] {
  const value = field(fields, name);
  if (!isAmqpList(value)) {
    throw new AmqpDecodeError(`The request has no list '${name}'.`);
  }
  return value;
}
