import type { Exchange } from './exchange.ts';
import { faultAnswer } from './faults/fault-answer.ts';
import type { Fault } from './faults/model-faults.ts';
import { pause } from './pause.ts';

/**
 * Sends an answer in one piece after `waitMs`, or what the exchange's fault makes of it.
 * The end is in the log before the answer leaves.
 */
export async function sendAnswer(
  exchange: Exchange,
  answer: { readonly body: unknown; readonly completionTokens: number; readonly waitMs: number },
): Promise<void> {
  const { call, fault, promptTokens, response, service } = exchange;
  const tokens = { promptTokens, completionTokens: answer.completionTokens };
  if (!(await pause(response, answer.waitMs + (fault?.delayMs ?? 0)))) {
    call.end({ status: 499, code: 'client_closed', ...tokens });
    return;
  }
  if (fault !== undefined && fault.status >= 300) {
    throw faultAnswer(fault);
  }
  if (fault?.status === 0 && fault.afterFirstByte !== true) {
    await cutConnection(exchange);
    return;
  }
  const isCut = fault?.afterFirstByte === true;
  const nonsense = isCut ? undefined : fault?.body;
  call.end({ status: 200, code: codeOf(fault), ...tokens });
  await service.book.saved();
  const body = nonsense ?? answer.body;
  const isText = typeof body === 'string';
  const payload = isText ? body : JSON.stringify(body);
  response.writeHead(200, {
    ...exchange.headers,
    'content-type': isText ? 'text/html' : 'application/json',
    'content-length': String(Buffer.byteLength(payload)),
  });
  if (isCut) {
    await cutAfter(exchange, payload.slice(0, payload.length >> 1));
  } else {
    response.end(payload);
  }
}

/** How the log names an answer of status 200. */
function codeOf(fault: Fault | undefined): string {
  if (fault?.afterFirstByte === true) {
    return fault.stallMs === undefined ? 'answer_cut' : 'answer_stalled';
  }
  return fault?.body === undefined ? '' : 'nonsense';
}

/** Sends the beginning of an answer, nothing for as long as the fault stalls, and cuts the connection. */
export async function cutAfter({ fault, response }: Exchange, beginning: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.write(beginning, () => resolve());
  await promise;
  await pause(response, fault?.stallMs ?? 0);
  response.destroy();
}

/** Ends the connection without a byte. */
export async function cutConnection(exchange: Exchange): Promise<void> {
  exchange.call.end({ status: 0, code: 'connection_cut', promptTokens: exchange.promptTokens });
  await exchange.service.book.saved();
  exchange.response.destroy();
}
