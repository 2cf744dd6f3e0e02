import { encodeBinary, encodedNull, encodeMap, encodeTimestamp } from '../amqp/amqp-encode.ts';
import { AmqpDecodeError, type AmqpError } from '../amqp/amqp-error.ts';
import { failed, field, textField, type ManagementRequest } from './management-request.ts';
import type { SessionPlace } from '../queues/session-keeper.ts';

export function renewSessionLock(request: ManagementRequest): void {
  const { engine, respond } = request;
  engine.sessions.renew(placeOf(request), (untilMs) => {
    respond(
      isError(untilMs)
        ? failed(untilMs)
        : { kind: 'done', body: encodeMap([['expiration', encodeTimestamp(untilMs)]]) },
    );
  });
}

export function readSessionState(request: ManagementRequest): void {
  const { engine, respond } = request;
  engine.sessions.readState(placeOf(request), (state) => {
    if (isError(state)) {
      respond(failed(state));
    } else {
      const encoded = state === null ? encodedNull : encodeBinary(state);
      respond({ kind: 'done', body: encodeMap([['session-state', encoded]]) });
    }
  });
}

export function writeSessionState(request: ManagementRequest): void {
  const { engine, fields, respond } = request;
  const state = field(fields, 'session-state');
  if (state !== null && !Buffer.isBuffer(state)) {
    throw new AmqpDecodeError("'session-state' is neither binary nor null.");
  }
  engine.sessions.writeState(placeOf(request), state ?? undefined, (error) => {
    respond(error === undefined ? { kind: 'done' } : failed(error));
  });
}

function placeOf({ entity, fields, linkName }: ManagementRequest): SessionPlace {
  const session = textField(fields, 'session-id');
  if (session === undefined) {
    throw new AmqpDecodeError("The request has no 'session-id'.");
  }
  return { entity, session, linkName };
}

function isError(result: number | Buffer | null | AmqpError): result is AmqpError {
  return typeof result === 'object' && result !== null && 'condition' in result;
}
