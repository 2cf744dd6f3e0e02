import type { OpenCall } from '../calls/call-book.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import { harmlessPrompt, promptFilterTrigger, violentPrompt } from '../chat/content-filter.ts';
import { countInputs, countPrompt, guessPrompt } from '../chat/count-prompt.ts';
import type { Verdict } from './window-judge.ts';
import type { EmbeddingsRequest } from '../embeddings/embeddings-request.ts';
import { estimateCost, estimateProvisionedCost } from './estimate-cost.ts';
import type { Service } from '../exchange.ts';
import type { Deployment } from '../region.ts';
import { contextLengthExceeded, inputTooLong, notCarried, promptFiltered } from '../service-error.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly promptTokens: number }
  | (Extract<Verdict, { readonly kind: 'throttled' }> & { readonly at: number; readonly cost: number });

export interface Candidate {
  readonly service: Service;
  readonly deployment: Deployment;
  readonly call: OpenCall;
  readonly request: ChatRequest | EmbeddingsRequest;
}

/**
 * Takes a call into the windows of its deployment, or says why not. A call over the limit is turned away before
 * anybody looks into it; a prompt that is too long or filtered throws, by default without having cost anything.
 */
export async function admitCall(candidate: Candidate): Promise<Admission> {
  const { deployment, request, service } = candidate;
  const cost = estimateCost(request, deployment.defaultMaxTokens);
  const arrival = { at: service.now(), cost };
  const isFull = deployment.limiter.judge(arrival).kind === 'throttled';
  const first = isFull || deployment.countsRefused ? take(candidate, arrival) : undefined;
  if (first?.kind === 'throttled') {
    return { ...first, ...arrival };
  }
  const promptTokens = await checkPrompt(candidate);
  const checked = { at: service.now(), cost: costNow(candidate, { cost, promptTokens }) };
  const verdict = first ?? take(candidate, checked);
  return verdict.kind === 'throttled' ? { ...verdict, ...checked } : { kind: 'admitted', promptTokens };
}

/** What a provisioned deployment takes is known only once the prompt is counted. */
function costNow(
  { deployment, request }: Candidate,
  known: { readonly cost: number; readonly promptTokens: number },
): number {
  const { defaultMaxTokens, outputWeight } = deployment;
  return outputWeight === undefined
    ? known.cost
    : estimateProvisionedCost(request, { promptTokens: known.promptTokens, defaultMaxTokens, outputWeight });
}

/** The limiter's last word on a call: admitted it is in the log, turned away it may have counted. */
function take({ call, deployment }: Candidate, asked: { readonly at: number; readonly cost: number }): Verdict {
  const verdict = deployment.limiter.admit(asked);
  if (verdict.kind === 'admitted') {
    call.admit(asked);
  }
  return verdict;
}

/** Prompt tokens of a call that the model will take. */
async function checkPrompt(candidate: Candidate): Promise<number> {
  const { request } = candidate;
  return request.operation === 'chat' ? checkMessages(request, candidate) : checkInputs(request, candidate);
}

async function checkMessages(request: ChatRequest, { deployment, service }: Candidate): Promise<number> {
  const messageTokens = service.isInstant ? guessPrompt(request) : await countPrompt(request, deployment.countTokens);
  const { contextWindow } = deployment.model;
  const { isTruncatable, maxTokens: completionTokens, promptParam } = request;
  if (messageTokens + (completionTokens ?? 0) > contextWindow) {
    throw isTruncatable
      ? notCarried('cutting an input that is too long', 'truncation')
      : contextLengthExceeded({ contextWindow, messageTokens, completionTokens, promptParam });
  }
  if (request.messages.some((message) => message.texts.some((text) => text.includes(promptFilterTrigger)))) {
    throw promptFiltered(violentPrompt);
  }
  return messageTokens;
}

async function checkInputs(request: EmbeddingsRequest, { deployment, service }: Candidate): Promise<number> {
  const { contextWindow } = deployment.model;
  if (request.inputs.some((input) => typeof input === 'string' && input.includes(promptFilterTrigger))) {
    throw promptFiltered({ ...harmlessPrompt, violence: violentPrompt.violence });
  }
  if (service.isInstant) {
    return Math.ceil(request.inputs.reduce((length, input) => length + input.length, 0) / 4);
  }
  const tokens = await countInputs(request, deployment.countTokens);
  const longest = Math.max(...tokens);
  if (longest > contextWindow) {
    throw inputTooLong({ contextWindow, tokens: longest });
  }
  return tokens.reduce((sum, count) => sum + count, 0);
}
