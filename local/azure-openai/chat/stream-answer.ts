import { errorEvent } from './completion-events.ts';
import type { Exchange } from '../exchange.ts';
import { faultAnswer } from '../faults/fault-answer.ts';
import { pause } from '../pause.ts';
import type { LatencyPlan } from '../plan-latency.ts';
import { cutAfter, cutConnection } from '../send-answer.ts';

export interface StreamedAnswer {
  /** The first is due with the first token, the last with the one before it. */
  readonly steps: readonly string[];
  readonly completionTokens: number;
  readonly latency: LatencyPlan;
  /** How an error in the middle is put, after what was sent; as in a chat completion by default. */
  readonly errorEvent?: ((body: unknown, sent: string) => string) | undefined;
}

/** Timers closer together than this are joined: a fast model sends several tokens in one write. */
const tickMs = 10;
/** What a caller sees before a fault after the first byte, unless the fault says otherwise: the role and two tokens. */
const tokensBeforeFault = 2;

export async function streamAnswer(exchange: Exchange, answer: StreamedAnswer): Promise<void> {
  const { fault, response, service } = exchange;
  const firstMs = answer.latency.firstTokenMs + (fault?.delayMs ?? 0);
  if (!(await pause(response, firstMs))) {
    endEarly(exchange, 0);
    return;
  }
  if (fault !== undefined && fault.status >= 300 && fault.afterFirstByte !== true) {
    throw faultAnswer(fault);
  }
  if (fault?.status === 0 && fault.afterFirstByte !== true) {
    await cutConnection(exchange);
    return;
  }
  if (fault?.body !== undefined && fault.afterFirstByte !== true) {
    await sendNonsense(exchange, fault.body);
    return;
  }
  await service.book.saved();
  response.writeHead(200, { ...exchange.headers, 'content-type': 'text/event-stream; charset=utf-8' });
  if (fault?.afterFirstByte === true) {
    await breakOff(exchange, answer);
  } else {
    await sendSteps(exchange, answer);
  }
}

/** A stream of one event that is no part of a completion; text comes as the page that it is. */
async function sendNonsense(exchange: Exchange, body: unknown): Promise<void> {
  const { call, promptTokens, response, service } = exchange;
  call.end({ status: 200, code: 'nonsense', promptTokens });
  await service.book.saved();
  const isText = typeof body === 'string';
  response.writeHead(200, { ...exchange.headers, 'content-type': isText ? 'text/html' : 'text/event-stream' });
  response.end(isText ? body : `${errorEvent(body)}data: [DONE]\n\n`);
}

async function sendSteps(exchange: Exchange, answer: StreamedAnswer): Promise<void> {
  const { call, promptTokens, response, service } = exchange;
  const { latency, steps } = answer;
  const started = performance.now();
  const last = steps.length - 1;
  let next = 0;
  while (next < last) {
    const isDue = latency.msPerToken === 0 ? last : (performance.now() - started) / latency.msPerToken + 1;
    const end = Math.min(last, Math.floor(isDue));
    if (end > next && end < last) {
      response.write(steps.slice(next, end).join(''));
    }
    if (end === last) {
      break;
    }
    next = Math.max(next, end);
    if (!(await pause(response, Math.max(tickMs, next * latency.msPerToken - (performance.now() - started))))) {
      endEarly(exchange, Math.max(0, next - 1));
      return;
    }
  }
  call.end({ status: 200, code: '', promptTokens, completionTokens: answer.completionTokens });
  await service.book.saved();
  response.end(steps.slice(next).join(''));
}

async function breakOff(exchange: Exchange, answer: StreamedAnswer): Promise<void> {
  const { call, fault, promptTokens, response, service } = exchange;
  const { afterTokens = tokensBeforeFault } = fault ?? {};
  const start = answer.steps.slice(0, afterTokens === 0 ? 0 : Math.min(1 + afterTokens, answer.steps.length - 1));
  const facts = { promptTokens, completionTokens: Math.max(0, start.length - 1) };
  if (fault === undefined || fault.status === 0) {
    call.end({ status: 200, code: fault?.stallMs === undefined ? 'stream_cut' : 'stream_stalled', ...facts });
    await service.book.saved();
    await cutAfter(exchange, start.join(''));
    return;
  }
  const error = faultAnswer(fault);
  call.end({ status: 200, code: error.code, ...facts });
  await service.book.saved();
  const sent = start.join('');
  response.end(sent + (answer.errorEvent ?? errorEvent)(error.body, sent));
}

function endEarly(exchange: Exchange, completionTokens: number): void {
  exchange.call.end({ status: 499, code: 'client_closed', promptTokens: exchange.promptTokens, completionTokens });
}
