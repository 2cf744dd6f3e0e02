import { type DrawnFault, type FaultAction, type FaultBody, pick, type Random } from './fault.ts';

/** Faults of Service Bus. */
export const busFaults = {
  'restart-service-bus': {
    about: 'Service Bus is away',
    mayPayTwice: true,
    forMs: [300, 8000],
    draw: () => ({ on: 'part', part: 'service-bus' }),
  },
  'bus-drop-connections': {
    about: 'every connection to Service Bus is cut',
    mayPayTwice: true,
    forMs: [0, 0],
    draw: () => ({ on: 'once', path: 'service-bus/drop-connections', body: {} }),
  },
  'bus-drop-links': {
    about: 'links to queues are detached with an error',
    mayPayTwice: true,
    forMs: [0, 0],
    draw: (random) => {
      const error = pick(random, ['detach-forced', 'server-busy', 'internal-error']);
      const role = pick(random, [{}, { role: 'sender' }, { role: 'receiver' }]);
      return { on: 'once', path: 'service-bus/drop-links', body: { error, ...role, share: pick(random, [0.5, 1]) } };
    },
  },
  'bus-lapse-locks': {
    about: 'locks of a queue end before their time',
    mayPayTwice: true,
    forMs: [0, 0],
    draw: (random, { queues }) => ({
      on: 'once',
      path: `service-bus/queues/${pick(random, queues)}/lapse-locks`,
      body: { share: pick(random, [0.3, 1]) },
    }),
  },
  'bus-refuse-sends': {
    about: 'sends are refused: queue full, busy, an error or a timeout',
    mayPayTwice: false,
    forMs: [500, 6000],
    draw: (random) => {
      const refusal = pick(random, ['queue-full', 'server-busy', 'internal-error', 'timeout']);
      return onBus(random, { operation: 'send', refusal });
    },
  },
  'bus-refuse-settlements': {
    about: 'settlements are refused: lock lost, busy or an error',
    mayPayTwice: false,
    forMs: [500, 6000],
    draw: (random) => {
      const refusal = pick(random, ['lock-lost', 'server-busy', 'internal-error']);
      return onBus(random, { operation: 'settle', refusal });
    },
  },
  'bus-reset': {
    about: 'connections to Service Bus are reset before or after a send or a settlement',
    mayPayTwice: true,
    forMs: [500, 3000],
    draw: (random) => {
      const operation = pick(random, ['send', 'settle']);
      return onBus(random, { operation, reset: pick(random, ['before', 'after']) });
    },
  },
  'bus-slow': {
    about: 'sends or settlements take longer',
    mayPayTwice: false,
    forMs: [500, 6000],
    draw: (random) =>
      onBus(random, { operation: pick(random, ['send', 'settle']), delayMs: pick(random, [100, 2000]) }),
  },
} as const satisfies Readonly<Record<string, DrawnFault>>;

function onBus(random: Random, body: FaultBody): FaultAction {
  return { on: 'book', book: 'service-bus', fault: { ...body, probability: pick(random, [0.1, 0.5, 1]) } };
}
