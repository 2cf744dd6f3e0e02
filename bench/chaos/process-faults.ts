import { type DrawnFault, type FaultSite, pick, type Random } from './fault.ts';

/** Faults of processes: of the app's, and of the one that holds the stack. */
export const processFaults = {
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
    about: 'the whole stack is killed (SIGKILL) and started again on its ports',
    mayPayTwice: true,
    forMs: [300, 6000],
    draw: () => ({ on: 'stack' }),
  },
} as const satisfies Readonly<Record<string, DrawnFault>>;

function processOf(random: Random, { processes }: FaultSite): number {
  return Math.floor(random() * processes);
}
