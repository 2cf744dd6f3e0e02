import { seededRandom } from '../../local/azure-openai/seeded-random.ts';
import { wordText } from '../jobs.ts';
import { pick } from './fault.ts';
import type { JobEnd, JobPlan, PlannedJob, PlannedSubmit, Stray, Way } from './planned-job.ts';

/** What is submitted, beside plain jobs: shares of all jobs. */
const shares = {
  filtered: 0.01,
  refused: 0.01,
  overflowing: 0.01,
  unknownModel: 0.01,
  withDeadline: 0.03,
  cancelled: 0.03,
  large: 0.003,
  twice: 0.05,
} as const;

/** Of all jobs, so many messages are none. */
const strayShare = 0.01;

/** Jobs come through this part of the time that the faults take. */
const submittedWithin = 0.9;

export const chaosModels = { chat: ['gpt-4o-mini', 'gpt-4o'], embeddings: 'text-embedding-3-small' } as const;

/** By which way a job comes: the first whose bound is above a number drawn from [0, 1). */
const ways: readonly { readonly below: number; readonly way: Way }[] = [
  { below: 0.5, way: 'http' },
  { below: 0.9, way: 'intake' },
  { below: 1, way: 'pool-queue' },
];

type Random = () => number;

/** The jobs of a run: the same seed, number and time give the same ones. */
export function planJobs(input: {
  readonly seed: number;
  readonly jobs: number;
  readonly durationMs: number;
  /** Epoch ms: deadlines count from it. */
  readonly startsAt: number;
}): JobPlan {
  const { seed, jobs, durationMs } = input;
  const random = seededRandom('chaos jobs', seed);
  const lastMs = durationMs * submittedWithin;
  const planned = Array.from({ length: jobs }, (_, number) => {
    const atMs = Math.round(random() * lastMs);
    return planJob(random, { number, atMs, startsAt: input.startsAt });
  });
  const strays = Array.from({ length: Math.round(jobs * strayShare) }, (_, number): Stray => {
    const text = pick(random, ['no json', '{"id":"stray"}', '[]', '{"request":{"method":"GET","url":"/x","body":7}}']);
    return { messageId: `stray-${number}`, text, atMs: Math.round(random() * lastMs) };
  });
  return { jobs: planned, strays };
}

interface Draft {
  readonly number: number;
  readonly atMs: number;
  readonly startsAt: number;
}

interface Content {
  readonly model: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly url: string;
  readonly ends: readonly JobEnd[];
  /** The app itself would refuse it at once over HTTP. */
  readonly isRefusedAtSubmit: boolean;
}

function planJob(random: Random, draft: Draft): PlannedJob {
  const id = `job-${String(draft.number).padStart(5, '0')}`;
  const content = drawContent(random, draft.number);
  const isPlain = content.ends[0] === 'completed';
  const isCancelled = isPlain && random() < shares.cancelled;
  const hasDeadline = isPlain && random() < shares.withDeadline;
  const deadlineMs = draft.startsAt + draft.atMs + 500 + Math.round(random() * 20_000);
  const options = {
    ...(random() < 0.1 ? { priority: 'high' } : {}),
    ...(random() < 0.25 ? { stream: true } : {}),
    ...(random() < 0.1 ? { metadata: { number: String(draft.number) } } : {}),
    ...(hasDeadline ? { deadline: new Date(deadlineMs).toISOString() } : {}),
  };
  const { body, url, model } = content;
  const tenant = random() < 0.2 ? { tenant: `tenant-${Math.floor(random() * 5)}` } : {};
  const text = JSON.stringify({ id, batchId: 'chaos', ...tenant, request: { method: 'POST', url, body }, options });
  return {
    id,
    text,
    model,
    submits: planSubmits(random, { jobId: id, atMs: draft.atMs, isLarge: text.length > 150_000, content, isCancelled }),
    cancelAtMs: isCancelled ? draft.atMs + Math.round(random() * 4000) : undefined,
    ends: [
      ...content.ends,
      ...(isCancelled ? (['cancelled'] as const) : []),
      ...(hasDeadline ? (['Expired'] as const) : []),
    ],
  };
}

function planSubmits(
  random: Random,
  job: {
    readonly jobId: string;
    readonly atMs: number;
    readonly isLarge: boolean;
    readonly isCancelled: boolean;
    readonly content: Content;
  },
): readonly PlannedSubmit[] {
  const { jobId, atMs, isLarge, isCancelled, content } = job;
  const way = (): Way => {
    const drawn = random();
    if (isLarge || isCancelled) {
      return 'http';
    }
    return content.isRefusedAtSubmit ? 'intake' : (ways.find(({ below }) => drawn < below)?.way ?? 'http');
  };
  const first = { jobId, atMs, way: way(), number: 0 };
  return random() < shares.twice
    ? [first, { jobId, atMs: atMs + Math.round(random() * 5000), way: way(), number: 1 }]
    : [first];
}

function drawContent(random: Random, number: number): Content {
  const kind = random();
  const { filtered, refused, overflowing, unknownModel, large } = shares;
  const edges = [filtered, refused, overflowing, unknownModel, large].map((_, index, all) =>
    all.slice(0, index + 1).reduce((sum, share) => sum + share, 0),
  );
  const [afterFiltered = 0, afterRefused = 0, afterOverflowing = 0, afterUnknown = 0, afterLarge = 0] = edges;
  if (kind < afterFiltered) {
    return chat(random, { number, ends: ['ContentFiltered'], before: '[[sluice:content-filter]] ' });
  }
  if (kind < afterRefused) {
    return chat(random, { number, ends: ['InvalidRequest'], more: { temperature: 99 } });
  }
  if (kind < afterOverflowing) {
    return chat(random, { number, ends: ['ContextLengthExceeded'], more: { max_tokens: 127_999 } });
  }
  if (kind < afterUnknown) {
    return chat(random, { number, ends: ['UnknownModel'], more: { model: 'gpt-99' } });
  }
  if (kind < afterLarge) {
    return chat(random, { number, ends: ['completed'], characters: 220_000 });
  }
  return random() < 0.3 ? embeddings(random, number) : chat(random, { number, ends: ['completed'] });
}

function chat(
  random: Random,
  input: {
    readonly number: number;
    readonly ends: readonly JobEnd[];
    readonly before?: string;
    readonly more?: Readonly<Record<string, unknown>>;
    readonly characters?: number;
  },
): Content {
  const { number, ends, before = '', more = {}, characters = 100 + Math.round(random() * 900) } = input;
  const answerTokens = 5 + Math.round(random() ** 3 * 150);
  const content = `${before}[[sluice:answer-tokens=${answerTokens}]] ${wordText(number, characters)}`;
  const model = pick(random, chaosModels.chat);
  const body = { model, max_tokens: answerTokens + 20, messages: [{ role: 'user', content }], ...more };
  const isRefusedAtSubmit = ends[0] === 'ContextLengthExceeded' || ends[0] === 'UnknownModel';
  return { model: body.model, url: '/v1/chat/completions', body, ends, isRefusedAtSubmit };
}

/** Whole vectors are results that are kept as blobs. */
function embeddings(random: Random, number: number): Content {
  const model = chaosModels.embeddings;
  const dimensions = random() < 0.1 ? {} : { dimensions: 16 };
  const body = { model, input: wordText(number, 200), ...dimensions };
  return { model, url: '/v1/embeddings', body, ends: ['completed'], isRefusedAtSubmit: false };
}
