import { randomUUID } from 'node:crypto';

import { afterReasoning, draft, latencyOf } from '../chat/answer-chat.ts';
import type { ChatMessage } from '../chat/chat-messages.ts';
import { tokensOf } from '../chat/draft-choice.ts';
import type { Exchange } from '../exchange.ts';
import { sendAnswer } from '../send-answer.ts';
import { streamAnswer } from '../chat/stream-answer.ts';
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
  const tokens = tokensOf([choice]);
  const completionTokens = tokens.completion;
  const usage = responseUsage({ prompt: promptTokens, ...tokens });
  const body = endResponse(open, { choice, output: outputItems(key, choice, chat.topLogprobs), usage });
  if (request.isStored) {
    const inputItems = request.input.items.map((item, index) => ({ id: `item_${key}${index}`, ...item }));
    service.responses.keep(region.name, { body, inputItems, turns: turnsOf(request, body.output) });
  }
  const latency = latencyOf(exchange);
  if (chat.isStreamed) {
    const steps = responseEvents({ open, end: body, choice });
    const streamed = { steps, completionTokens, errorEvent: responseErrorEvent };
    await streamAnswer(exchange, { ...streamed, latency: afterReasoning(latency, [choice]) });
    return;
  }
  const waitMs = latency.firstTokenMs + latency.msPerToken * completionTokens;
  await sendAnswer(exchange, { body, completionTokens, waitMs });
}

/** What a later response that names this one is asked beside its own input. */
function turnsOf({ input }: ResponsesRequest, output: readonly OutputItem[]): readonly ChatMessage[] {
  return [...input.turns, ...output.flatMap(turnOf)];
}

function turnOf(item: OutputItem): readonly ChatMessage[] {
  const head = { role: 'assistant', name: undefined } as const;
  switch (item.type) {
    case 'message':
      return [{ ...head, texts: item.content.map(({ text }) => text), callsJson: undefined }];
    case 'function_call':
      return [{ ...head, texts: [], callsJson: JSON.stringify([{ name: item.name, arguments: item.arguments }]) }];
    case 'reasoning':
      return [];
  }
}
