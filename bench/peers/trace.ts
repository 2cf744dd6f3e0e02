import { seededRandom, type Random } from '../../local/azure-openai/seeded-random.ts';
import { estimateCost } from '../../shared/tokens/estimate-cost.ts';

/** One chat job of a trace, with the cost that every contender and the simulated limiter count. */
export interface TraceJob {
  readonly id: string;
  /** Tokens, by the app's own estimator. */
  readonly cost: number;
  readonly body: {
    readonly model: string;
    readonly max_tokens: number;
    readonly messages: readonly { readonly role: 'user'; readonly content: string }[];
  };
}

export interface TracePlan {
  readonly seed: number;
  readonly model: string;
  /** Σ of the costs; the last job goes over it. */
  readonly totalCost: number;
}

/** Log-normal, so that the mean is 1,200 tokens; what is over 16,000 (0.1 % of the draws) is cut to it. */
export const traceShape = { medianCost: 735, sigma: 1, leastCost: 100, mostCost: 16_000, meanCost: 1200 } as const;

/** Share of a job's cost that is `max_tokens`; the rest is prompt. */
const outputShare = 0.3;
/** An answer is far shorter than `max_tokens` allows, as answers are. */
const answerTokens = { least: 20, most: 160 } as const;

/** The jobs of a seed: the same seed, the same jobs, in the same order. */
export function makeTrace(plan: TracePlan): readonly TraceJob[] {
  const random = seededRandom('bench-peers', plan.seed);
  const jobs: TraceJob[] = [];
  for (let sum = 0; sum < plan.totalCost;) {
    const job = makeJob({ number: jobs.length, plan, random });
    jobs.push(job);
    sum += job.cost;
  }
  return jobs;
}

/** The part of the trace that one of `of` equal processes has to do, where nothing hands the jobs out. */
export function shareOf<Item>(items: readonly Item[], part: { readonly index: number; readonly of: number }): Item[] {
  return items.filter((_, index) => index % part.of === part.index);
}

function makeJob(input: { readonly number: number; readonly plan: TracePlan; readonly random: Random }): TraceJob {
  const { number, plan, random } = input;
  const { leastCost, medianCost, mostCost, sigma } = traceShape;
  const drawn = Math.round(medianCost * Math.exp(sigma * normal(random)));
  const cost = Math.min(mostCost, Math.max(leastCost, drawn));
  const maxTokens = Math.round(cost * outputShare);
  const answer = Math.round(answerTokens.least + (answerTokens.most - answerTokens.least) * random());
  const directive = `[[sluice:answer-tokens=${Math.min(answer, maxTokens)}]]`;
  // ⌊characters ÷ 4⌋ + 1 tokens of a text.
  const content = filledText({ start: `${number} ${directive}`, characters: 4 * (cost - maxTokens - 1), random });
  const body = { model: plan.model, max_tokens: maxTokens, messages: [{ role: 'user' as const, content }] };
  return { id: `s${plan.seed}-${String(number).padStart(6, '0')}`, cost: estimateCost('chat', body), body };
}

/** Box and Muller. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

const words =
  'every region keeps its own quota and the queue drains slowly while a start is reserved before anything is called so nobody waits longer than needed'.split(
    ' ',
  );

function filledText(input: { readonly start: string; readonly characters: number; readonly random: Random }): string {
  const chosen: string[] = [input.start];
  for (let length = input.start.length; length < input.characters;) {
    const word = words[Math.floor(input.random() * words.length)] ?? 'word';
    chosen.push(word);
    length += word.length + 1;
  }
  return chosen.join(' ').slice(0, input.characters);
}
