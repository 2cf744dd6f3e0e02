import { checkJobCost, worstCaseUsd } from '../budget/job-cost.ts';
import type { JobEnvelope } from '../jobs/job-envelope.ts';
import { modelOf, operationOf } from '../jobs/job-envelope.ts';
import type { DeadLetter } from '../jobs/job-transitions.ts';
import { fitPrompt } from '../models/fit-prompt.ts';
import type { ModelEntry } from '../models/model-catalogue.ts';
import { choosePool } from '../pools/choose-pool.ts';
import { ownQuota, type Pool } from '../pools/pool.ts';
import { countPrompt } from '../tokens/count-prompt.ts';
import { estimateCost, requestedAnswers, requestedOutputTokens } from '../tokens/estimate-cost.ts';
import type { CountedPrompt } from '../tokens/prompt-count.ts';
import type { PipelineDeps } from './deps.ts';

/** A prompt is counted no further than this many times its model's window. */
const countedWindows = 4;

export type JobCheck =
  | ({ readonly kind: 'runnable' } & JobFigures)
  /** It can never succeed (J4); `promptTokens` where they were counted. */
  | { readonly kind: 'refused'; readonly deadLetter: DeadLetter; readonly promptTokens: number | undefined };

export interface JobFigures {
  readonly pool: Pool;
  readonly model: ModelEntry;
  readonly promptTokens: number;
  /** Prompt and the most that the answers may hold. */
  readonly worstCaseTokens: number;
}

/** What is known before anything is called: the pool, the tokens, and whether the job can succeed at all. */
export async function checkJob(
  deps: Pick<PipelineDeps, 'pools' | 'catalogue' | 'counter' | 'yieldToEventLoop'>,
  envelope: Pick<JobEnvelope, 'request' | 'options'>,
): Promise<JobCheck> {
  const { request, options } = envelope;
  const modelName = modelOf(request);
  const choice = choosePool(deps.pools, { model: modelName, regions: options?.regions });
  const model = deps.catalogue.find(modelName);
  if (choice.kind === 'none' || model === undefined) {
    const description = choice.kind === 'none' ? choice.message : `The model "${modelName}" is not known.`;
    return refuse({ reason: 'UnknownModel', description, figures: { model: modelName } });
  }
  const operation = operationOf(request);
  if (operation !== model.operation) {
    const description = `The model "${modelName}" serves ${model.operation}, not ${operation} (request.url).`;
    return refuse({ reason: 'InvalidJob', description, figures: { model: modelName, path: 'request.url' } });
  }
  const count = await countPrompt(request.body, {
    operation,
    counter: deps.counter,
    encoding: model.encoding,
    imageRule: model.imageRule,
    yieldToEventLoop: deps.yieldToEventLoop,
    stopAboveTokens: model.contextTokens * countedWindows,
  });
  if (count.kind === 'malformed') {
    const description = `request.body.${count.path}: ${count.problem}`;
    return refuse({ reason: 'InvalidJob', description, figures: { path: `request.body.${count.path}` } });
  }
  return judge({ envelope, pool: choice.pool, model, count });
}

interface Counted {
  readonly envelope: Pick<JobEnvelope, 'request' | 'options'>;
  readonly pool: Pool;
  readonly model: ModelEntry;
  readonly count: CountedPrompt;
}

function judge(counted: Counted): JobCheck {
  const { envelope, pool, model, count } = counted;
  const { body } = envelope.request;
  const promptTokens = count.tokens;
  const outputTokens = (requestedOutputTokens(body) ?? model.outputTokens) * requestedAnswers(body);
  const refusal = overflows(counted) ?? tooLargeForQuota(counted) ?? tooExpensive(counted, outputTokens);
  return refusal === undefined
    ? { kind: 'runnable', pool, model, promptTokens, worstCaseTokens: promptTokens + outputTokens }
    : refuse(refusal, promptTokens);
}

function overflows({ envelope, model, count }: Counted): DeadLetter | undefined {
  const outputTokens = requestedOutputTokens(envelope.request.body);
  const fit = fitPrompt({ count, requestedOutputTokens: outputTokens, model });
  if (fit.kind === 'fits') {
    return undefined;
  }
  const { promptTokens, windowTokens, overByTokens } = fit;
  const description = `The prompt has ${promptTokens} tokens and asks for ${fit.outputTokens} of output: ${overByTokens} more than the window of ${model.name}, ${windowTokens}. Shorten the largest messages or lower the maximum output.`;
  const largestMessages = fit.largestMessages.map(({ index, role, tokens }) => ({ index, role, tokens }));
  const figures = { promptTokens, outputTokens: fit.outputTokens, windowTokens, overByTokens, largestMessages };
  return { reason: 'ContextLengthExceeded', description, figures };
}

function tooLargeForQuota({ envelope, pool, model }: Counted): DeadLetter | undefined {
  const costs = pool.deployments.map((one) => estimateCost(model.operation, envelope.request.body, one.settings));
  if (pool.deployments.some((one, index) => (costs[index] ?? 0) <= ownQuota(one))) {
    return undefined;
  }
  const [costTokens, quotaTokens] = [Math.min(...costs), Math.max(...pool.deployments.map(ownQuota))];
  const description = `The service would count ${costTokens} tokens for this job, and the largest quota of pool ${pool.name} is ${quotaTokens} a minute: it could never start. Lower the maximum output, or raise tokensPerMinute.`;
  return { reason: 'QuotaTooSmall', description, figures: { costTokens, quotaTokens } };
}

function tooExpensive({ envelope, model, count }: Counted, outputTokens: number): DeadLetter | undefined {
  const worstUsd = worstCaseUsd(model.prices, { promptTokens: count.tokens, outputTokens });
  const check = checkJobCost(worstUsd, envelope.options?.maxCostUsd);
  switch (check.kind) {
    case 'within':
      return undefined;
    case 'unpriced': {
      const description = `The job has a cap of ${check.capUsd} USD, but no price of ${model.name} is known. Give its prices in MODELS.`;
      return { reason: 'CostCapExceeded', description, figures: { capUsd: check.capUsd } };
    }
    case 'exceeds': {
      const { worstCaseUsd: costUsd, capUsd } = check;
      const description = `The job may cost ${costUsd.toFixed(6)} USD, over its cap of ${capUsd}. Raise maxCostUsd or lower the maximum output.`;
      return { reason: 'CostCapExceeded', description, figures: { costUsd, capUsd } };
    }
  }
}

function refuse(deadLetter: DeadLetter, promptTokens?: number): JobCheck {
  return { kind: 'refused', deadLetter, promptTokens };
}
