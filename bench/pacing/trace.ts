import { seededRandom } from '../../local/azure-openai/seeded-random.ts';
import { chatJobText, jobId, wordText } from '../jobs.ts';
import { drawCost, type LoadShape } from './load-shape.ts';

/** One job of a trace: everything that decides what it costs and how long it takes. */
export interface TraceJob {
  readonly id: string;
  readonly number: number;
  readonly promptCharacters: number;
  readonly maxTokens: number;
  readonly answerTokens: number;
  /** What the service books at admission: ⌊characters ÷ 4⌋ + 1 + `max_tokens`. */
  readonly cost: number;
}

/** Characters of the longest directive, and a few words. */
const leastPromptTokens = 16;

/** Jobs that together cost at least `totalTokens`: the same seed and shape give the same ones. */
export function traceJobs(input: {
  readonly seed: number;
  readonly prefix: string;
  readonly shape: LoadShape;
  readonly totalTokens: number;
}): readonly TraceJob[] {
  const { seed, prefix, shape, totalTokens } = input;
  const random = seededRandom('pacing', seed);
  const jobs: TraceJob[] = [];
  for (let total = 0; total < totalTokens;) {
    const job = drawJob({ number: jobs.length, prefix, shape, random });
    total += job.cost;
    jobs.push(job);
  }
  return jobs;
}

function drawJob(input: {
  readonly number: number;
  readonly prefix: string;
  readonly shape: LoadShape;
  readonly random: () => number;
}): TraceJob {
  const { number, prefix, shape, random } = input;
  const asked = drawCost(shape.costs, random);
  const maxTokens = Math.max(1, Math.round(asked * shape.outputShare));
  const promptTokens = Math.max(leastPromptTokens, asked - maxTokens);
  const { least, most } = shape.used;
  const used = Math.round(maxTokens * (least + (most - least) * random()));
  return {
    id: jobId(prefix, number),
    number,
    promptCharacters: 4 * (promptTokens - 1),
    maxTokens,
    answerTokens: Math.min(shape.mostAnswerTokens, Math.max(1, used)),
    cost: promptTokens + maxTokens,
  };
}

/** The job as a sender would put it on the queue. Its prompt tells the simulated region how long to answer. */
export function traceJobText(job: TraceJob, model: string): string {
  const directive = `[[sluice:answer-tokens=${job.answerTokens}]] `;
  const content = `${directive}${wordText(job.number, job.promptCharacters - directive.length)}`;
  return chatJobText({ id: job.id, model, maxTokens: job.maxTokens, content });
}
