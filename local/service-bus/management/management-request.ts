import { isAmqpList, readValue, type AmqpValue } from '../amqp/amqp-decode.ts';
import { AmqpDecodeError, conditions, type AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from '../queues/entity.ts';
import type { FaultGate } from '../connections/fault-gate.ts';
import type { QueueEngine } from '../queues/queue-engine.ts';
import type { Answer } from '../connections/request-link.ts';

/** A request to an entity's `$management` node. */
export interface ManagementRequest {
  readonly engine: QueueEngine;
  readonly entity: Entity;
  readonly gate: FaultGate;
  /** The body's entries, still encoded. */
  readonly fields: ReadonlyMap<string, Buffer>;
  /** The link that the client says the request is about. */
  readonly linkName: string | undefined;
  readonly respond: (answer: Answer) => void;
}

export function field(fields: ReadonlyMap<string, Buffer>, name: string): AmqpValue {
  const value = fields.get(name);
  return value === undefined ? null : readValue(value);
}

export function textField(fields: ReadonlyMap<string, Buffer>, name: string): string | undefined {
  const value = field(fields, name);
  return typeof value === 'string' ? value : undefined;
}

export function listField(fields: ReadonlyMap<string, Buffer>, name: string): readonly AmqpValue[] {
  const value = field(fields, name);
  if (!isAmqpList(value)) {
    throw new AmqpDecodeError(`The request has no list '${name}'.`);
  }
  return value;
}

/** Lock tokens are uuids in RFC 4122 order. */
export function lockTokens(fields: ReadonlyMap<string, Buffer>): string[] {
  const tokens = listField(fields, 'lock-tokens').map((token) => (Buffer.isBuffer(token) ? token.toString('hex') : ''));
  if (tokens.length === 0) {
    throw new AmqpDecodeError("The request has no 'lock-tokens'.");
  }
  return tokens;
}

export function sequenceNumbers(fields: ReadonlyMap<string, Buffer>): number[] {
  return listField(fields, 'sequence-numbers').map(Number);
}

/** The answer of a request that was refused. */
export function failed(error: AmqpError): Answer {
  return { kind: 'failed', status: statusOf(error), error };
}

/** The status with which the service pairs a condition, as the public SDKs read it. */
function statusOf(error: AmqpError): number {
  switch (error.condition) {
    case conditions.messageLockLost:
    case conditions.sessionLockLost:
      return 410;
    case conditions.messageNotFound:
      return 404;
    case conditions.notImplemented:
      return 501;
    case conditions.resourceLimitExceeded:
    case conditions.messageTooLarge:
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
