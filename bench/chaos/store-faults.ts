import { type DrawnFault, type FaultAction, type FaultBody, pick, type Random } from './fault.ts';

/** The queries of the audit itself are spared; the app's own way of a job has none. */
const operations = ['read', 'create', 'replace', 'patch'] as const;

/** Of all containers, or of one. */
const places = [{}, {}, { container: 'jobs' }, { container: 'buckets' }, { container: 'control' }] as const;

/** Faults of Cosmos DB and of blob storage. */
export const storeFaults = {
  'restart-cosmos': {
    about: 'Cosmos DB is away',
    mayPayTwice: true,
    forMs: [300, 8000],
    draw: () => ({ on: 'part', part: 'cosmos' }),
  },
  'restart-blob': {
    about: 'blob storage is away',
    mayPayTwice: true,
    forMs: [300, 8000],
    draw: () => ({ on: 'part', part: 'blob' }),
  },
  'cosmos-429': {
    about: 'Cosmos DB answers 429 with a retry-after',
    mayPayTwice: true,
    forMs: [500, 6000],
    draw: (random) => onCosmos(random, { status: 429, retryAfterMs: pick(random, [20, 200, 1500]) }),
  },
  'cosmos-449': {
    about: 'Cosmos DB answers 449, to be tried again',
    mayPayTwice: true,
    forMs: [500, 6000],
    draw: (random) => onCosmos(random, { status: 449 }),
  },
  'cosmos-5xx': {
    about: 'Cosmos DB answers 408, 410, 500 or 503',
    mayPayTwice: true,
    forMs: [500, 6000],
    draw: (random) => onCosmos(random, { status: pick(random, [408, 410, 500, 503]) }),
  },
  'cosmos-reset-before': {
    about: 'connections to Cosmos DB are reset before an operation is carried out',
    mayPayTwice: true,
    forMs: [500, 6000],
    draw: (random) => onCosmos(random, { reset: 'before' }),
  },
  'cosmos-reset-after': {
    about: 'connections to Cosmos DB are reset after a write was made, without an answer',
    mayPayTwice: true,
    forMs: [500, 6000],
    draw: (random) => onCosmos(random, { reset: 'after' }),
  },
  'cosmos-slow': {
    about: 'Cosmos DB takes seconds longer, before or after it has written',
    mayPayTwice: true,
    forMs: [500, 6000],
    draw: (random) => {
      const lateMs = pick(random, [50, 500, 3000]);
      return onCosmos(random, random() < 0.5 ? { delayMs: lateMs } : { answerDelayMs: lateMs });
    },
  },
  'cosmos-units': {
    about: 'a container may spend few request units a second',
    mayPayTwice: true,
    forMs: [1000, 8000],
    draw: (random) => ({
      on: 'units',
      container: pick(random, ['jobs', 'buckets', 'control']),
      requestUnitsPerSecond: pick(random, [40, 150]),
    }),
  },
} as const satisfies Readonly<Record<string, DrawnFault>>;

function onCosmos(random: Random, body: FaultBody): FaultAction {
  const fault = { ...body, ...pick(random, places), operations, probability: pick(random, [0.1, 0.5, 1]) };
  return { on: 'book', book: 'cosmos', fault };
}
