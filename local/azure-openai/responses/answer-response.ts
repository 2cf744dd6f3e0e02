import { randomUUID } from 'node:crypto';

import { draft, latencyOf } from '../answer-chat.ts';
import type { ChatMessage } from '../chat-messages.ts';
import { choiceTokens } from '../draft-choice.ts';
import type { Exchange } from '../exchange.ts';
import { sendAnswer } from '../send-answer.ts';
import { streamAnswer } from '../stream-answer.ts';
import { endResponse, openResponse, type OutputItem, outputItems, responseUsage } from './response-body.ts';
import { responseErrorEvent, responseEvents } from './response-events.ts';
import type { ResponsesRequest } from './responses-request.ts';

/** Answers an admitted request to the Responses API, plain or streamed, and keeps the response unless told not to. */
export async function answerResponse(exchange: Exchange, request: ResponsesRequest): Promise<void> {
  const { deployment, promptTokens, region, service } = exchange;
  const { chat } = request;
  const [choice] = draft(exchange, chat);
  if (choice === undefined) {
    throw new Error('A response was drafted without an answer.');
  }
  const key = randomUUID().replaceAll('-', '');
  const createdAt = Math.floor(service.now() / 1000);
  const open = openResponse({ key, createdAt, model: deployment.model.version }, request);
  const completionTokens = choiceTokens(choice);
  const usage = responseUsage({ prompt: promptTokens, completion: completionTokens });
  const body = endResponse(open, { choice, output: outputItems(key, choice, chat.topLogprobs), usage });
  if (request.isStored) {
    const inputItems = request.input.items.map((item, index) => ({ id: `item_${key}${index}`, ...item }));
    service.responses.keep(region.name, { body, inputItems, turns: turnsOf(request, body.output) });
  }
  const latency = latencyOf(exchange);
  if (chat.isStreamed) {
    const steps = responseEvents({ open, end: body, choice });
    await streamAnswer(exchange, { steps, completionTokens, latency, errorEvent: responseErrorEvent });
    return;
  }
  const waitMs = latency.firstTokenMs + latency.msPerToken * completionTokens;
  await sendAnswer(exchange, { body, completionTokens, waitMs });
}

/** What a later response that names this one is asked beside its own input. */
function turnsOf({ input }: ResponsesRequest, output: readonly OutputItem[]): readonly ChatMessage[] {
  const answers = output.map((item): ChatMessage => {
    const head = { role: 'assistant', name: undefined } as const;
    return item.type === 'message'
      ? { ...head, texts: item.content.map(({ text }) => text), callsJson: undefined }
      : { ...head, texts: [], callsJson: JSON.stringify([{ name: item.name, arguments: item.arguments }]) };
  });
  return [...input.turns, ...answers];
}
