import {
  type Breaker,
  isProbedBy,
  mayProbe,
  probeFailed,
  probeSucceeded,
  releaseProbe,
  takeProbe,
  tripBreaker,
  type Trouble,
} from '../../../shared/pools/breaker.ts';
import type { Transition } from '../explore-model.ts';

/** One breaker in its store, and workers that read it, write it at the version that they read, and die at any step. */
export interface World {
  readonly stored: Breaker | undefined;
  readonly version: number;
  readonly workers: readonly Worker[];
  readonly deaths: number;
  /** A lease lapsed while its job was still calling. */
  readonly isLate: boolean;
}

type Intent = 'trip' | 'take' | 'succeed' | 'fail' | 'release';

interface Worker {
  /** Grows with each death, so that no two probes have one owner. */
  readonly life: number;
  readonly step:
    | { readonly does: 'idle' }
    | { readonly does: 'calling' }
    /** It has read, and is about to write what it decided. */
    | {
        readonly does: 'writing';
        readonly intent: Intent;
        readonly seen: Breaker | undefined;
        readonly version: number;
      };
}

const now = 1_000_000;
const trouble: Trouble = { kind: 'open', code: 'http_500', message: '', remedy: '' };
const idle = { does: 'idle' } as const;

export function firstWorld(workers: number, deaths: number): World {
  const worker = { life: 0, step: idle };
  return {
    stored: undefined,
    version: 0,
    workers: Array.from({ length: workers }, () => worker),
    deaths,
    isLate: false,
  };
}

export function callers(world: World): number {
  return world.workers.filter(({ step }) => step.does === 'calling').length;
}

export function* nextWorlds(world: World): Generator<Transition<World>> {
  if (world.stored !== undefined && world.stored.state !== 'closed') {
    const to = normalised({ ...world, stored: lapsed(world.stored), isLate: world.isLate || callers(world) > 0 });
    yield { action: 'time passes', to, isProgress: true };
  }
  for (const [index, worker] of world.workers.entries()) {
    for (const { action, to, isProgress, broken } of workerSteps(world, worker, index)) {
      yield { action: `worker ${index} ${action}`, to: normalised(to), isProgress, broken };
    }
  }
}

function* workerSteps(world: World, worker: Worker, index: number): Generator<Transition<World>> {
  const become = (step: Worker['step'], changes: Partial<World> = {}): World => ({
    ...world,
    ...changes,
    workers: world.workers.map((one, at) => (at === index ? { ...one, step } : one)),
  });
  const read = (intent: Intent): World =>
    become({ does: 'writing', intent, seen: world.stored, version: world.version });
  const { step } = worker;
  switch (step.does) {
    case 'idle':
      yield { action: 'sees calls fail', to: read('trip'), isProgress: false };
      yield { action: 'looks for a probe', to: read('take'), isProgress: true };
      break;
    case 'calling':
      yield { action: 'is answered', to: read('succeed'), isProgress: true };
      yield { action: 'fails', to: read('fail'), isProgress: false };
      yield { action: 'cannot call', to: read('release'), isProgress: false };
      break;
    case 'writing':
      yield { ...written(world, worker, become), isProgress: true };
      if (step.version === world.version) {
        const { stored, version } = written(world, worker, become).to;
        yield { action: 'writes, and no reply comes', to: become(step, { stored, version }), isProgress: false };
      }
      break;
  }
  if (world.deaths > 0 && step.does !== 'idle') {
    const died = become(idle, { deaths: world.deaths - 1 });
    yield { action: 'dies', to: reborn(died, index), isProgress: false };
    if (step.does === 'writing' && step.version === world.version) {
      const wrote = written(world, worker, become).to;
      yield {
        action: 'dies after its write',
        to: reborn({ ...wrote, deaths: world.deaths - 1 }, index),
        isProgress: false,
      };
    }
  }
}

/** The write, if the version still is the one that was read; else it is decided anew on what is there. */
function written(
  world: World,
  worker: Worker,
  become: (step: Worker['step'], changes?: Partial<World>) => World,
): { readonly action: string; readonly to: World; readonly broken?: string | undefined } {
  const { step } = worker;
  if (step.does !== 'writing') {
    return { action: '', to: world };
  }
  const { intent, version } = step;
  const owner = ownerOf(world.workers.indexOf(worker), worker.life);
  if (version !== world.version) {
    const again = { ...step, seen: world.stored, version: world.version };
    return { action: `meets another writer (${intent})`, to: become(again) };
  }
  const next = decide(intent, step.seen, owner);
  const after =
    intent === 'take' && mayProbe(next ?? world.stored, { owner, now }) ? { does: 'calling' as const } : idle;
  if (next === undefined) {
    return { action: `has nothing to write (${intent})`, to: become(after) };
  }
  const isForeign = intent !== 'trip' && intent !== 'take' && !isProbedBy(world.stored, owner);
  return {
    action: `writes (${intent})`,
    to: become(after, { stored: next, version: world.version + 1 }),
    broken: isForeign ? 'K2: a probe that held no lease changed the breaker' : undefined,
  };
}

function decide(intent: Intent, seen: Breaker | undefined, owner: string): Breaker | undefined {
  switch (intent) {
    case 'trip':
      return tripBreaker(seen, { id: 'b', now, random: 0, trouble });
    case 'take':
      return takeProbe(seen, { owner, now });
    case 'succeed':
      return probeSucceeded(seen, { owner, now });
    case 'fail':
      return probeFailed(seen, { owner, now, random: 0, trouble });
    case 'release':
      return releaseProbe(seen, { owner, now });
  }
}

function ownerOf(index: number, life: number): string {
  return `worker-${index}.${life}`;
}

function reborn(world: World, index: number): World {
  return {
    ...world,
    workers: world.workers.map((one, at) => (at === index ? { life: one.life + 1, step: idle } : one)),
  };
}

function lapsed(breaker: Breaker): Breaker {
  const { probe, ...rest } = breaker;
  return { ...rest, until: 0, ...(probe === undefined ? {} : { probe: { ...probe, until: 0 } }) };
}

/** Versions are told from the stored one on, and openings do not count: they only lengthen. */
function normalised(world: World): World {
  const plain = (breaker: Breaker | undefined): Breaker | undefined =>
    breaker === undefined ? undefined : { ...breaker, openings: 1, since: 0 };
  const workers = world.workers.map(({ life, step }) =>
    step.does === 'writing'
      ? stepOf(life, {
          ...step,
          seen: step.version === world.version ? plain(step.seen) : undefined,
          version: step.version === world.version ? 0 : -1,
        })
      : { life, step },
  );
  // A lapse is forgotten when the job that met it has ended.
  const isLate = world.isLate && callers(world) > 0;
  return { ...world, stored: plain(world.stored), version: 0, workers, isLate };
}

function stepOf(life: number, step: Worker['step']): Worker {
  return { life, step };
}
