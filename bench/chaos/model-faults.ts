import { type DrawnFault, type FaultAction, type FaultBody, type FaultSite, pick, type Random } from './fault.ts';

/** Faults of the regions and of their models. */
export const modelFaults = {
  'region-down': {
    about: 'a region refuses connections, and cuts those that are open',
    mayPayTwice: false,
    forMs: [1000, 8000],
    draw: (random, { regions }) => ({ on: 'part', part: pick(random, regions) }),
  },
  'model-5xx': {
    about: 'a region answers calls with 408 or 5xx, in JSON or in HTML',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, site) => ofRow(random, site, ['408', '500', '502', '503', '504', 'html-502', 'html-503']),
  },
  'model-429': {
    about: 'a region says 429: no capacity, or the quota is used up, with a true or a lying retry-after',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, site) =>
      ofRow(random, site, ['quota-429', 'quota-429-lying', 'capacity-429', 'no-capacity-in-stream']),
  },
  'model-cut': {
    about: 'connections to a region are cut, before an answer or in the middle of one',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, site) => ofRow(random, site, ['cut-connection', 'cut-stream', 'error-in-stream']),
  },
  'model-stall': {
    about: 'answers of a region stall, before or after their first byte',
    mayPayTwice: false,
    forMs: [500, 3000],
    draw: (random, site) => ofRow(random, site, ['stalled-stream', 'stalled-start']),
  },
  'model-nonsense': {
    about: 'a region answers 200 with what is no completion',
    mayPayTwice: false,
    forMs: [500, 4000],
    draw: (random, site) => ofRow(random, site, ['nonsense-200', 'empty-choices-200', 'html-200']),
  },
  'wrong-key': {
    about: 'a region answers as to a wrong key, a closed network or a deployment that is gone: 401, 403, 404',
    mayPayTwice: false,
    forMs: [1000, 4000],
    draw: (random, site) => ofRow(random, site, ['401', '403', '403-network', '404-deployment']),
  },
  'slow-model': {
    about: 'a region takes seconds longer to answer',
    mayPayTwice: false,
    forMs: [2000, 6000],
    draw: (random, site) => onModels(random, site, { status: 200, delayMs: pick(random, [500, 2000, 5000]) }),
  },
  'lower-limit': {
    about: 'the service lowers the quota of a deployment for a time, and tells it in headers alone',
    mayPayTwice: false,
    forMs: [3000, 10_000],
    draw: (random, { deployments }) => {
      const { region, name } = pick(random, deployments);
      return { on: 'limit', region, deployment: name, factor: pick(random, [0.05, 0.3]) };
    },
  },
} as const satisfies Readonly<Record<string, DrawnFault>>;

/** A row of the service's ways to fail, by its name in `local/azure-openai/faults/fault-rows.ts`. */
function ofRow(random: Random, site: FaultSite, rows: readonly string[]): FaultAction {
  return onModels(random, site, { row: pick(random, rows) });
}

/** In one region, or in all. */
function onModels(random: Random, { regions }: FaultSite, body: FaultBody): FaultAction {
  const region = random() < 0.8 ? { region: pick(random, regions) } : {};
  const fault = { ...body, ...region, probability: pick(random, [0.3, 1]) };
  return { on: 'book', book: 'azure-openai', fault };
}
