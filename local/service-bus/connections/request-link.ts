import { AmqpDecodeError, conditions, messageTooLarge, type AmqpError } from '../amqp/amqp-error.ts';
import type { BrokerSession } from './broker-session.ts';
import { encodeResponse, parseRequest, type RequestMessage, type StatusNames } from '../amqp/request-message.ts';
import type { Responders } from './responders.ts';
import { asContext, deliveryState, type RheaLink } from '../amqp/rhea-seam.ts';

/** @param body an encoded AMQP value */
export type Answer =
  | { readonly kind: 'done'; readonly status?: number; readonly body?: Buffer }
  | { readonly kind: 'failed'; readonly status: number; readonly error: AmqpError };

/** Carries a request out. `respond` is called once, when what was done is committed. */
export type HandleRequest = (request: RequestMessage, respond: (answer: Answer) => void) => void;

/** The broker's end of a link that takes requests: `$cbs`, or an entity's `$management`. */
export function openRequestLink({
  link,
  session,
  responders,
  names,
  handle,
}: {
  readonly link: RheaLink;
  readonly session: BrokerSession;
  readonly responders: Responders;
  readonly names: StatusNames;
  readonly handle: HandleRequest;
}): void {
  link.on('message', (raw) => {
    const { message, delivery } = asContext(raw);
    if (!Buffer.isBuffer(message) || delivery === undefined) {
      return;
    }
    const tooLarge = session.takeTooLarge(link);
    if (tooLarge !== undefined) {
      delivery.update(true, deliveryState(messageTooLarge(tooLarge, session.limitOf(link))));
      return;
    }
    const refused = take(message, (request) => {
      handle(request, (answer) => {
        const status = answer.kind === 'done' ? (answer.status ?? 200) : answer.status;
        const body = answer.kind === 'done' ? answer.body : undefined;
        const error = answer.kind === 'failed' ? answer.error : undefined;
        responders.send(request.replyTo, encodeResponse(request.messageId, names, { status, error, body }));
      });
    });
    delivery.update(true, deliveryState(refused));
  });
}

/** @returns why the bytes are no request */
function take(bytes: Buffer, handle: (request: RequestMessage) => void): AmqpError | undefined {
  try {
    handle(parseRequest(bytes));
    return undefined;
  } catch (error) {
    if (error instanceof AmqpDecodeError) {
      return { condition: conditions.decodeError, description: error.message };
    }
    throw error;
  }
}
