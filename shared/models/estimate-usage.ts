import type { JsonObject } from '../json.ts';
import { countPrompt } from '../tokens/count-prompt.ts';
import { isJsonArray, jsonAt, textAt } from '../tokens/json-guards.ts';
import { textCounting, type CountingDeps } from '../tokens/text-counting.ts';
import type { Usage } from './call-outcome.ts';
import type { Operation } from './model-client.ts';

/**
 * Counts what the service did not report: the prompt of the request, and the texts and tool calls of the answer.
 * Reasoning is not seen and so not counted; a refused or malformed prompt counts as nothing.
 */
export async function estimateUsage(
  call: { readonly operation: Operation; readonly request: JsonObject; readonly response: JsonObject },
  deps: CountingDeps,
): Promise<Usage> {
  const prompt = await countPrompt(call.request, { ...deps, operation: call.operation });
  const promptTokens = prompt.kind === 'counted' ? prompt.tokens : 0;
  const counting = textCounting(deps);
  let completionTokens = 0;
  for (const text of answerTexts(call.response)) {
    completionTokens += (await counting.count(text)).tokens;
  }
  return {
    promptTokens,
    completionTokens,
    totalTokens: promptTokens + completionTokens,
    cachedPromptTokens: 0,
    reasoningTokens: 0,
    isEstimated: true,
  };
}

function answerTexts(response: JsonObject): string[] {
  const choices = jsonAt(response, 'choices');
  return (isJsonArray(choices) ? choices : []).flatMap((choice) => {
    const message = jsonAt(choice, 'message');
    const calls = jsonAt(message, 'tool_calls');
    const functions = (isJsonArray(calls) ? calls : []).map((call) => jsonAt(call, 'function'));
    return [
      textAt(message, 'content'),
      textAt(message, 'refusal'),
      ...functions.flatMap((call) => [textAt(call, 'name'), textAt(call, 'arguments')]),
    ].filter((text) => text !== undefined);
  });
}
