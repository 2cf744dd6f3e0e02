import type { BucketState, Counter } from '../../shared/bucket/bucket-state.ts';
import type { ApplyOutcome, BucketStore } from '../../shared/bucket/bucket-store.ts';
import type { CounterStep, SlicePlan } from '../../shared/bucket/plan-slice.ts';

/** A bucket store in memory that checks the same condition as the Cosmos patch does. */
export function memoryBucketStore(): BucketStore & {
  readonly current: (id: string) => BucketState | undefined;
  /** Somebody deletes the document. */
  readonly forget: (id: string) => void;
} {
  const buckets = new Map<string, BucketState>();
  const write = (state: BucketState): ApplyOutcome => {
    buckets.set(state.id, structuredClone(state));
    return { kind: 'applied', state };
  };
  return {
    current: (id) => buckets.get(id),
    forget: (id) => void buckets.delete(id),
    read: async (id) => {
      const state = buckets.get(id);
      return state === undefined ? { kind: 'missing' } : { kind: 'found', state };
    },
    open: async (state) => {
      const existing = buckets.get(state.id);
      if (existing === undefined) {
        write(state);
      }
      return { kind: 'found', state: existing ?? state };
    },
    changeLimits: async (from, to) => {
      const old = buckets.get(from.id);
      const isSame =
        old?.epoch === from.epoch &&
        old.tokens.total === from.tokens.total &&
        old.requests.total === from.requests.total &&
        old.head === from.head;
      return isSame ? write(to) : { kind: 'conflict' };
    },
    correct: async (from, to) => {
      const old = buckets.get(from.id);
      if (old?.epoch !== from.epoch) {
        return { kind: 'conflict' };
      }
      const limited = (counter: Counter, { limit, cellCap }: Counter): Counter => ({ ...counter, limit, cellCap });
      const { epoch, service, throttle } = to;
      const tokens = limited(old.tokens, to.tokens);
      const requests = limited(old.requests, to.requests);
      return write({ ...old, epoch, service, throttle, tokens, requests });
    },
    apply: async (plan) => {
      const state = buckets.get(plan.id);
      return state !== undefined && holds(state, plan) ? write(after(state, plan)) : { kind: 'conflict' };
    },
  };
}

function holds(state: BucketState, plan: SlicePlan): boolean {
  const isWithin = (counter: Counter, step: CounterStep): boolean =>
    step.atMostTotal === undefined || counter.total <= step.atMostTotal;
  return (
    state.head === plan.fromHead &&
    state.epoch === plan.epoch &&
    isWithin(state.tokens, plan.tokens) &&
    isWithin(state.requests, plan.requests)
  );
}

function after(state: BucketState, plan: SlicePlan): BucketState {
  const counterAfter = (counter: Counter, step: CounterStep): Counter => ({
    ...counter,
    total: counter.total + step.add,
    snaps: [...(step.snaps ?? counter.snaps)],
  });
  return {
    ...state,
    head: plan.kind === 'move' ? plan.toHead : state.head,
    tokens: counterAfter(state.tokens, plan.tokens),
    requests: counterAfter(state.requests, plan.requests),
  };
}
