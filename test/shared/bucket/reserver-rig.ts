import type { BucketLimits } from '../../../shared/bucket/bucket-limits.ts';
import type { BucketStore } from '../../../shared/bucket/bucket-store.ts';
import type { Reservation } from '../../../shared/bucket/reservation.ts';
import { createReserver, type Reserver } from '../../../shared/bucket/reserver.ts';
import { exactClock, type FakeClock, fakeClock } from '../../fakes/fake-clock.ts';
import { memoryBucketStore } from '../../fakes/memory-bucket-store.ts';

export const limits: BucketLimits = {
  tokensPerMinute: 60_000,
  requestsPerMinute: 600,
  requestWindowSeconds: 10,
  share: 1,
};
export const never = new AbortController().signal;

export interface Setting {
  readonly clock: FakeClock;
  readonly store: ReturnType<typeof memoryBucketStore>;
  /** A process with this way to the store. */
  readonly process: (changes?: Partial<BucketStore>, own?: BucketLimits) => Reserver;
}

/** Every exchange takes this long, so that those of several processes overlap. */
export function setting(exchangeMs = 6): Setting {
  const clock = fakeClock();
  const store = memoryBucketStore();
  const late = <Args extends readonly unknown[], Result>(call: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      await clock.sleep(exchangeMs / 2);
      const result = await call(...args);
      await clock.sleep(exchangeMs / 2);
      return result;
    };
  };
  const far: BucketStore = {
    read: late(store.read),
    open: late(store.open),
    changeLimits: late(store.changeLimits),
    correct: late(store.correct),
    apply: late(store.apply),
  };
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  return {
    clock,
    store,
    process: (changes = {}, own = limits) =>
      createReserver({
        clock: exactClock(clock),
        store: { ...far, ...changes },
        random,
        limits: new Map([['east', own]]),
      }),
  };
}

/** The reservation of a job whose start has come; undefined when it has none. */
export async function reserve(reserver: Reserver, cost: number, signal = never): Promise<Reservation | undefined> {
  const turn = await reserver.awaitStart({ bucketId: 'east', cost }, signal);
  return turn.kind === 'start' ? turn.reservation : undefined;
}
