import { checkJobCost, worstCaseUsd } from '../budget/job-cost.ts';
import type { JobEnvelope, JobRequest } from '../jobs/job-envelope.ts';
import { modelOf, operationOf } from '../jobs/job-envelope.ts';
import type { DeadLetter } from '../jobs/job-transitions.ts';
import { type ConversationTurns, conversationTurns } from '../models/conversation-turns.ts';
import { fitRequest } from '../models/fit-request.ts';
import type { CountCorrection, Fitting } from '../models/fitting.ts';
import type { ModelEntry } from '../models/model-catalogue.ts';
import { choosePool } from '../pools/choose-pool.ts';
import { ownQuota, type Pool } from '../pools/pool.ts';
import { countPrompt } from '../tokens/count-prompt.ts';
import { estimateCost, requestedAnswers, requestedOutputTokens } from '../tokens/estimate-cost.ts';
import type { CountedPrompt } from '../tokens/prompt-count.ts';
import { isJsonArray, jsonAt } from '../tokens/json-guards.ts';
import type { PipelineDeps } from './deps.ts';
import { describeMisfit } from './describe-misfit.ts';

/** A prompt is counted no further than this many times its model's window. */
export const countedWindows = 4;

export type JobCheck =
  | ({ readonly kind: 'runnable' } & JobFigures)
  /** It can never succeed (J4); `promptTokens` where they were counted. */
  | { readonly kind: 'refused'; readonly deadLetter: DeadLetter; readonly promptTokens: number | undefined };

export interface JobFigures {
  readonly pool: Pool;
  readonly model: ModelEntry;
  /** What to send: the job's request, made to fit as the job asks. The figures are its own. */
  readonly request: JobRequest;
  /** What was done to it; undefined when it is sent as it is. */
  readonly fitting: Fitting | undefined;
  readonly promptTokens: number;
  /** Prompt and the most that the answers may hold. */
  readonly worstCaseTokens: number;
}

export interface CheckOptions {
  /** What the service said when it refused the job for its length. */
  readonly correction?: CountCorrection | undefined;
}

/** What is known before anything is called: the pool, the tokens, and whether the job can succeed at all. */
export async function checkJob(
  deps: Pick<PipelineDeps, 'pools' | 'catalogue' | 'counter' | 'yieldToEventLoop'>,
  envelope: Pick<JobEnvelope, 'request' | 'options'>,
  { correction }: CheckOptions = {},
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
  const turns = options?.onOverflow === 'trim' ? await turnsOf(deps, request) : undefined;
  const count = await countPrompt(request.body, {
    operation,
    counter: deps.counter,
    encoding: model.encoding,
    imageRule: model.imageRule,
    yieldToEventLoop: deps.yieldToEventLoop,
    stopAboveTokens: model.contextTokens * countedWindows,
    countFirst: turns === undefined ? undefined : newestFirst(turns),
  });
  if (count.kind === 'malformed') {
    const description = `request.body.${count.path}: ${count.problem}`;
    return refuse({ reason: 'InvalidJob', description, figures: { path: `request.body.${count.path}` } });
  }
  const onOverflow = options?.onOverflow ?? 'dead-letter';
  const fit = fitRequest({ body: request.body, count, model, turns, onOverflow, correction });
  return fit.kind === 'overflows'
    ? refuse(describeMisfit(model.name, fit), fit.overflow.promptTokens)
    : judge({ options, pool: choice.pool, model, request: { ...request, body: fit.body }, ...fit });
}

async function turnsOf(
  deps: Pick<PipelineDeps, 'yieldToEventLoop'>,
  request: JobRequest,
): Promise<ConversationTurns | undefined> {
  const messages = jsonAt(request.body, 'messages');
  return operationOf(request) === 'chat' && isJsonArray(messages)
    ? conversationTurns(messages, deps.yieldToEventLoop)
    : undefined;
}

/** What trimming keeps is counted first: of a very long conversation the oldest messages are left uncounted. */
function* newestFirst({ kept, older }: ConversationTurns): Generator<number, void, undefined> {
  yield* kept;
  for (const turn of older.toReversed()) {
    yield* turn;
  }
}

interface Fitted {
  readonly options: JobEnvelope['options'];
  readonly pool: Pool;
  readonly model: ModelEntry;
  /** As it is sent, and its count. */
  readonly request: JobRequest;
  readonly count: CountedPrompt;
  readonly fitting: Fitting | undefined;
}

function judge(fitted: Fitted): JobCheck {
  const { pool, model, request, fitting } = fitted;
  const promptTokens = fitted.count.tokens;
  const outputTokens = (requestedOutputTokens(request.body) ?? model.outputTokens) * requestedAnswers(request.body);
  const refusal = tooLargeForQuota(fitted) ?? tooExpensive(fitted, outputTokens);
  const worstCaseTokens = promptTokens + outputTokens;
  return refusal === undefined
    ? { kind: 'runnable', pool, model, request, fitting, promptTokens, worstCaseTokens }
    : refuse(refusal, promptTokens);
}

function tooLargeForQuota({ request, pool, model }: Fitted): DeadLetter | undefined {
  const costs = pool.deployments.map((one) => estimateCost(model.operation, request.body, one.settings));
  if (pool.deployments.some((one, index) => (costs[index] ?? 0) <= ownQuota(one))) {
    return undefined;
  }
  const [costTokens, quotaTokens] = [Math.min(...costs), Math.max(...pool.deployments.map(ownQuota))];
  const description = `The service would count ${costTokens} tokens for this job, and the largest quota of pool ${pool.name} is ${quotaTokens} a minute: it could never start. Lower the maximum output, or raise tokensPerMinute.`;
  return { reason: 'QuotaTooSmall', description, figures: { costTokens, quotaTokens } };
}

function tooExpensive({ options, model, count }: Fitted, outputTokens: number): DeadLetter | undefined {
  const worstUsd = worstCaseUsd(model.prices, { promptTokens: count.tokens, outputTokens });
  const check = checkJobCost(worstUsd, options?.maxCostUsd);
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
