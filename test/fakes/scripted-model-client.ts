import type { CallOutcome, CallVerdict } from '../../shared/models/call-outcome.ts';
import type { ModelClient, ModelRequest } from '../../shared/models/model-client.ts';

/** What a call led to: a whole outcome, or a verdict with the facts of an uneventful call around it. */
type ScriptedOutcome = CallOutcome | CallVerdict;

export type ModelScript =
  | readonly ScriptedOutcome[]
  | ((request: ModelRequest, callIndex: number) => ScriptedOutcome | Promise<ScriptedOutcome>);

export interface ScriptedModelClient extends ModelClient {
  /** Every call in the order in which it began. */
  readonly calls: readonly ModelRequest[];
  /** Most calls that were under way at once. */
  readonly peakConcurrency: () => number;
}

/**
 * Answers calls by a list (the last outcome is repeated) or a function. While `gate` is pending no call ends. A call
 * whose signal is aborted ends as `aborted`, before the gate too; a call begun while aborted never reaches the script.
 */
export function scriptedModelClient(
  script: ModelScript,
  options: { readonly gate?: Promise<unknown> } = {},
): ScriptedModelClient {
  const calls: ModelRequest[] = [];
  let underWay = 0;
  let peak = 0;

  const answer = async (request: ModelRequest, index: number): Promise<CallOutcome> => {
    await options.gate;
    const scripted =
      typeof script === 'function' ? await script(request, index) : script[Math.min(index, script.length - 1)];
    if (scripted === undefined) {
      throw new Error('The script of the model client is empty.');
    }
    return withFacts(scripted);
  };

  return {
    calls,
    prepare: async () => undefined,
    peakConcurrency: () => peak,
    call: async (request, signal) => {
      const index = calls.push(request) - 1;
      underWay += 1;
      peak = Math.max(peak, underWay);
      try {
        return await endedBy(signal, () => answer(request, index));
      } finally {
        underWay -= 1;
      }
    },
  };
}

/** A completion of `text` with the given usage. */
export function completedWith(
  text: string,
  usage: { readonly promptTokens: number; readonly completionTokens: number } = {
    promptTokens: 10,
    completionTokens: 5,
  },
): CallVerdict {
  const { promptTokens, completionTokens } = usage;
  const totalTokens = promptTokens + completionTokens;
  return {
    kind: 'completed',
    completion: {
      body: {
        id: 'chatcmpl-1',
        object: 'chat.completion',
        model: 'gpt-4o-2024-08-06',
        choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
        usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: totalTokens },
      },
      usage: {
        promptTokens,
        completionTokens,
        totalTokens,
        cachedPromptTokens: 0,
        reasoningTokens: 0,
        isEstimated: false,
      },
      finishReason: 'stop',
      responseModel: 'gpt-4o-2024-08-06',
      responseId: 'chatcmpl-1',
    },
  };
}

async function endedBy(signal: AbortSignal, answer: () => Promise<CallOutcome>): Promise<CallOutcome> {
  if (signal.aborted) {
    return withFacts({ kind: 'aborted' });
  }
  const { promise, resolve } = Promise.withResolvers<CallOutcome>();
  const onAbort = (): void => resolve(withFacts({ kind: 'aborted' }));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, answer()]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function withFacts(scripted: ScriptedOutcome): CallOutcome {
  const statuses = {
    completed: 200,
    throttled: 429,
    refused: 400,
    misconfigured: 401,
    failed: 500,
    aborted: undefined,
  };
  return {
    status: statuses[scripted.kind],
    requestId: 'request-1',
    latencyMs: 1,
    timeToFirstChunkMs: undefined,
    rateLimit: {
      limitTokens: undefined,
      remainingTokens: undefined,
      limitRequests: undefined,
      remainingRequests: undefined,
    },
    ...scripted,
  };
}
