/** What a fault does; who acts it out is `inject-fault.ts`. */
export type FaultAction =
  /** The process ends by this signal and starts again when the fault is over, with its wall clock so many seconds off. */
  | {
      readonly on: 'process';
      readonly process: number;
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly skewSeconds: number;
    }
  /** The process that holds the whole stack is killed, and starts again when the fault is over. */
  | { readonly on: 'stack' }
  | { readonly on: 'region'; readonly region: string }
  /** A fault of the simulated models, as their admin endpoint takes it. */
  | { readonly on: 'model'; readonly region: string; readonly fault: Readonly<Record<string, unknown>> }
  | { readonly on: 'limit'; readonly region: string; readonly deployment: string; readonly factor: number };

export interface PlannedFault {
  /** From the start of the faults. */
  readonly atMs: number;
  /** Healed after so long. */
  readonly forMs: number;
  readonly kind: FaultKind;
  readonly action: FaultAction;
}

/** What faults are drawn for. */
export interface FaultSite {
  readonly processes: number;
  readonly regions: readonly string[];
  /** Deployments, which bear the same names in every region that has them. */
  readonly deployments: readonly { readonly region: string; readonly name: string }[];
}

type Random = () => number;

interface KindOfFault {
  readonly about: string;
  /** Whether it may lose the answer of a call that was paid for, so that the call is made, and paid, again. */
  readonly mayPayTwice: boolean;
  /** How long it lasts, in ms. */
  readonly forMs: readonly [least: number, most: number];
  readonly draw: (random: Random, site: FaultSite) => FaultAction;
}

/** Every kind of fault, by the name that `--only` and the summary use. */
export const faultKinds = {
  'kill-app': {
    about: 'a process of the app is killed (SIGKILL) and started again',
    mayPayTwice: true,
    forMs: [200, 5000],
    draw: (random, site) => ({ on: 'process', process: processOf(random, site), signal: 'SIGKILL', skewSeconds: 0 }),
  },
  'stop-app': {
    about: 'a process of the app is told to stop (SIGTERM) and started again',
    mayPayTwice: true,
    forMs: [200, 3000],
    draw: (random, site) => ({ on: 'process', process: processOf(random, site), signal: 'SIGTERM', skewSeconds: 0 }),
  },
  'skew-clock': {
    about: 'a process of the app is started again with a wall clock that is off, and later with a right one',
    mayPayTwice: true,
    forMs: [6000, 15_000],
    draw: (random, site) => ({
      on: 'process',
      process: processOf(random, site),
      signal: 'SIGTERM',
      skewSeconds: pick(random, [-120, -3, -0.4, 0.4, 3, 120]),
    }),
  },
  'kill-stack': {
    about: 'the whole stack is killed (SIGKILL) and started again on its ports: every connection drops',
    mayPayTwice: true,
    forMs: [300, 6000],
    draw: () => ({ on: 'stack' }),
  },
  'region-down': {
    about: 'a region refuses connections, and cuts those that are open',
    mayPayTwice: false,
    forMs: [1000, 8000],
    draw: (random, { regions }) => ({ on: 'region', region: pick(random, regions) }),
  },
  'model-5xx': {
    about: 'a region answers calls with 500, 502, 503 or 408, in JSON or in HTML',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, { regions }) => {
      const status = pick(random, [408, 500, 502, 503]);
      const body = random() < 0.3 ? { body: '<html><body>Bad gateway</body></html>' } : {};
      return onModel(random, regions, { status, ...body, probability: pick(random, [0.3, 1]) });
    },
  },
  'model-429': {
    about: 'a region has no capacity: 429, with a retry-after that is true, absurd or missing',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, { regions }) => {
      const headers = pick(random, [{}, { 'retry-after': '1' }, { 'retry-after': '3' }, { 'retry-after': '0' }]);
      return onModel(random, regions, { status: 429, headers, probability: pick(random, [0.2, 1]) });
    },
  },
  'model-cut': {
    about: 'connections to a region are cut, before or in the middle of an answer',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, { regions }) =>
      onModel(random, regions, { status: 0, afterFirstByte: random() < 0.5, probability: pick(random, [0.3, 1]) }),
  },
  'stream-error': {
    about: 'streams of a region end with an error event inside a 200',
    mayPayTwice: false,
    forMs: [1000, 6000],
    draw: (random, { regions }) => onModel(random, regions, { status: 500, afterFirstByte: true }),
  },
  'wrong-key': {
    about: 'a region answers as to a wrong key or a deployment that is gone: 401, 403, 404',
    mayPayTwice: false,
    forMs: [1000, 4000],
    draw: (random, { regions }) => onModel(random, regions, { status: pick(random, [401, 403, 404]) }),
  },
  'slow-model': {
    about: 'a region takes seconds longer to answer',
    mayPayTwice: false,
    forMs: [2000, 6000],
    draw: (random, { regions }) =>
      onModel(random, regions, { status: 200, delayMs: 1000 + Math.round(random() * 4000), probability: 0.5 }),
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
} as const satisfies Readonly<Record<string, KindOfFault>>;

export type FaultKind = keyof typeof faultKinds;

export const faultKindNames = Object.keys(faultKinds).filter(isFaultKind);

export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(faultKinds, name);
}

/** What a fault has for itself while it lasts: two of them never meet there. */
export function placeOf(action: FaultAction): string {
  switch (action.on) {
    case 'process':
      return `process ${action.process}`;
    case 'stack':
      return 'stack';
    case 'region':
      return `region ${action.region}`;
    case 'model':
      return `models of ${action.region}`;
    case 'limit':
      return `limit of ${action.region}/${action.deployment}`;
  }
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) {
    throw new Error('There is nothing to pick from.');
  }
  return value;
}

function processOf(random: Random, { processes }: FaultSite): number {
  return Math.floor(random() * processes);
}

function onModel(
  random: Random,
  regions: readonly string[],
  fault: Readonly<Record<string, unknown>>,
): Extract<FaultAction, { readonly on: 'model' }> {
  return { on: 'model', region: pick(random, regions), fault };
}
