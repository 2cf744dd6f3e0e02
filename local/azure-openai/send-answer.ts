import type { Exchange } from './exchange.ts';
import { faultAnswer } from './fault-answer.ts';
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
  if (fault !== undefined && fault.status >= 300 && fault.afterFirstByte !== true) {
    throw faultAnswer(fault);
  }
  if (fault?.status === 0 && fault.afterFirstByte !== true) {
    await cutConnection(exchange);
    return;
  }
  const isCut = fault?.afterFirstByte === true;
  call.end({ status: 200, code: isCut ? 'answer_cut' : '', ...tokens });
  await service.book.saved();
  const json = JSON.stringify(answer.body);
  const length = Buffer.byteLength(json);
  const headers = { ...exchange.headers, 'content-type': 'application/json', 'content-length': String(length) };
  response.writeHead(200, headers);
  if (isCut) {
    response.write(json.slice(0, json.length >> 1), () => response.destroy());
  } else {
    response.end(json);
  }
}

/** Ends the connection without a byte. */
export async function cutConnection(exchange: Exchange): Promise<void> {
  exchange.call.end({ status: 0, code: 'connection_cut', promptTokens: exchange.promptTokens });
  await exchange.service.book.saved();
  exchange.response.destroy();
}
