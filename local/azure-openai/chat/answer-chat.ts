import { randomUUID } from 'node:crypto';

import type { ChatRequest } from './chat-request.ts';
import { completionBody, type CompletionIdentity } from './completion-body.ts';
import { completionEvents } from './completion-events.ts';
import { choiceTokens, type DraftChoice, tokensOf } from './draft-choice.ts';
import { draftCompletion, instantCompletion } from './draft-completion.ts';
import type { Exchange } from '../exchange.ts';
import { planLatency, type LatencyPlan } from '../plan-latency.ts';
import { seededRandom } from '../seeded-random.ts';
import { sendAnswer } from '../send-answer.ts';
import { streamAnswer } from './stream-answer.ts';
import { usage } from '../calls/usage.ts';

/** Answers an admitted chat completion, plain or streamed, in its own time. */
export async function answerChat(exchange: Exchange, request: ChatRequest): Promise<void> {
  const { deployment, promptTokens, service } = exchange;
  const choices = draft(exchange, request);
  const tokens = tokensOf(choices);
  const completionTokens = tokens.completion;
  const identity: CompletionIdentity = {
    id: `chatcmpl-${randomUUID().replaceAll('-', '')}`,
    created: Math.floor(service.now() / 1000),
    model: deployment.model.version,
  };
  const billed = usage({ prompt: promptTokens, ...tokens });
  const latency = latencyOf(exchange);
  const form = { topLogprobs: request.topLogprobs, isLegacy: request.tools.isLegacy };
  if (request.isStreamed) {
    const steps = completionEvents({ identity, choices, form, usage: request.includesUsage ? billed : undefined });
    await streamAnswer(exchange, { steps, completionTokens, latency: afterReasoning(latency, choices) });
    return;
  }
  const longest = Math.max(...choices.map(choiceTokens));
  const waitMs = latency.firstTokenMs + latency.msPerToken * longest;
  await sendAnswer(exchange, {
    body: completionBody(identity, { choices, form, usage: billed }),
    completionTokens,
    waitMs,
  });
}

/** What is answered; one short text where answers are instant and none other is asked for. */
export function draft(exchange: Exchange, request: ChatRequest): readonly DraftChoice[] {
  const { deployment, promptTokens, service } = exchange;
  if (service.isInstant && request.format.kind === 'text' && request.tools.functions.length === 0) {
    return instantCompletion(request);
  }
  const { contextWindow, maxOutputTokens } = deployment.model;
  const room = Math.max(1, contextWindow - promptTokens);
  const maxTokens = Math.min(request.maxTokens ?? maxOutputTokens, room);
  return draftCompletion({
    request,
    seed: service.seed,
    model: deployment.modelName,
    maxTokens,
    splitTokens: deployment.splitTokens,
    reasons: deployment.model.reasoning !== 'never',
  });
}

/** The same seed and call number, the same latency. */
export function latencyOf(exchange: Exchange): LatencyPlan {
  const { call, region, service } = exchange;
  return service.isInstant
    ? { firstTokenMs: 0, msPerToken: 0 }
    : planLatency(region.latency, seededRandom(service.seed, 'latency', call.number));
}

/** The first token of a stream comes once the reasoning is over. */
export function afterReasoning(latency: LatencyPlan, choices: readonly DraftChoice[]): LatencyPlan {
  const longest = Math.max(...choices.map(({ reasoningTokens = 0 }) => reasoningTokens));
  return longest === 0 ? latency : { ...latency, firstTokenMs: latency.firstTokenMs + longest * latency.msPerToken };
}
