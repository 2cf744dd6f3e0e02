import type { Random } from '../../local/azure-openai/seeded-random.ts';
import { patchCharge, readCharge, refusedCharge, insertCharge } from '../../local/cosmos/containers/request-charge.ts';
import type { BucketState } from '../../shared/bucket/bucket-state.ts';
import type { ApplyOutcome, BucketStore, ReadOutcome } from '../../shared/bucket/bucket-store.ts';
import { memoryBucketStore } from '../../test/fakes/memory-bucket-store.ts';
import { drawLogNormal } from './draws.ts';
import type { StoreFaults } from './store-faults.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WorkerClock } from './worker-clock.ts';

/** With the serialised part this makes a write of p50 6 ms and p99 30 ms. */
const roundTrip = { p50: 4, p99: 28 };

/** Writes to one document follow each other at this distance, in ms. */
const serialisedMs = 2;

/** A client that has no reply by then gives up, in ms. */
const timeoutMs = 2000;

/** A connection that is refused tells so after about this long, in ms. */
const refusedMs = 3;

const noTerms: ReadonlySet<string> = new Set();

/**
 * The bucket's document in Cosmos DB, with the way there and back. What a write does is decided by the bucket in memory
 * of the tests, which a property test holds equal to the Cosmos adapter; what it costs, by the embedded Cosmos DB.
 *
 * A write meets the document when its turn among all writes has come; a read sees it as it is when it arrives.
 */
export class SimulatedStore {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #faults: StoreFaults;
  readonly #startedMs: number;
  readonly #documents = memoryBucketStore();
  readonly #sizes = new Map<string, { readonly head: number; readonly epoch: number; readonly bytes: number }>();
  #writableMs = 0;
  #requestUnits = 0;
  #operations = 0;
  #conflicts = 0;

  constructor(deps: { readonly time: VirtualTime; readonly random: Random; readonly faults: StoreFaults }) {
    this.#time = deps.time;
    this.#random = deps.random;
    this.#faults = deps.faults;
    this.#startedMs = deps.time.nowMs;
  }

  /** Exchanges that reached the account. */
  get spent(): { readonly operations: number; readonly conflicts: number; readonly requestUnits: number } {
    return { operations: this.#operations, conflicts: this.#conflicts, requestUnits: this.#requestUnits };
  }

  current(id: string): BucketState | undefined {
    return this.#documents.current(id);
  }

  /** The store as one worker reaches it. */
  for(worker: WorkerClock): BucketStore {
    return {
      read: async (id) => this.#readAs(worker, async () => this.#read(id)),
      open: async (state) => this.#readAs(worker, async () => this.#open(state)),
      changeLimits: async (from, to) =>
        this.#writeAs(worker, async () =>
          this.#priced(from.id, Object.keys(to).length - 2, async () => this.#documents.changeLimits(from, to)),
        ),
      correct: async (from, to) =>
        this.#writeAs(worker, async () => this.#priced(to.id, 7, async () => this.#documents.correct(from, to))),
      apply: async (plan) =>
        this.#writeAs(worker, async () =>
          this.#priced(plan.id, plan.kind === 'move' ? 5 : 2, async () => this.#documents.apply(plan)),
        ),
    };
  }

  async #readAs(worker: WorkerClock, act: () => Promise<ReadOutcome>): Promise<ReadOutcome> {
    return this.#exchange<ReadOutcome>(worker, {
      act,
      isSerialised: false,
      unreached: (retryAfterMs) => ({ kind: 'unavailable', retryAfterMs }),
      lost: () => ({ kind: 'unavailable', retryAfterMs: undefined }),
    });
  }

  async #writeAs(worker: WorkerClock, act: () => Promise<ApplyOutcome>): Promise<ApplyOutcome> {
    return this.#exchange<ApplyOutcome>(worker, {
      act,
      isSerialised: true,
      unreached: (retryAfterMs) => ({ kind: 'unavailable', retryAfterMs }),
      lost: () => ({ kind: 'unknown' }),
    });
  }

  async #exchange<Outcome>(worker: WorkerClock, exchange: Exchange<Outcome>): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const answer = (afterMs: number, outcome: Outcome): void => worker.after(afterMs, () => resolve(outcome));
    if (this.#isAway()) {
      // Half of the connections are refused, half are never answered.
      const isRefused = this.#random() < 0.5;
      answer(isRefused ? refusedMs : timeoutMs, isRefused ? exchange.unreached(undefined) : exchange.lost());
      return promise;
    }
    const wayMs = drawLogNormal(this.#random, roundTrip) / 2;
    if (this.#random() < this.#faults.refusals) {
      answer(2 * wayMs, exchange.unreached(this.#random() < 0.5 ? undefined : 100));
      return promise;
    }
    const fate = this.#random() < this.#faults.lostReplies ? this.#random() : 1;
    const sentMs = this.#time.nowMs;
    const arrivesMs = sentMs + wayMs;
    this.#time.at(arrivesMs, () => {
      if (fate < 0.5) {
        answer(timeoutMs - wayMs, exchange.lost());
        return;
      }
      const doneMs = exchange.isSerialised ? Math.max(arrivesMs, this.#writableMs) + serialisedMs : arrivesMs;
      this.#writableMs = exchange.isSerialised ? doneMs : this.#writableMs;
      this.#time.at(doneMs, () => {
        void exchange.act().then((outcome) => {
          const isLate = fate < 1 || doneMs + wayMs - sentMs > timeoutMs;
          const leftMs = isLate ? Math.max(0, sentMs + timeoutMs - doneMs) : wayMs;
          answer(leftMs, isLate ? exchange.lost() : outcome);
        });
      });
    });
    return promise;
  }

  #isAway(): boolean {
    const { away } = this.#faults;
    const sinceMs = this.#time.nowMs - this.#startedMs;
    return away !== undefined && sinceMs >= away.fromMs && sinceMs < away.fromMs + away.forMs;
  }

  async #read(id: string): Promise<ReadOutcome> {
    this.#operations += 1;
    this.#requestUnits += readCharge(this.#bytes(id));
    return this.#documents.read(id);
  }

  async #open(state: BucketState): Promise<ReadOutcome> {
    this.#operations += 1;
    const isNew = this.#documents.current(state.id) === undefined;
    const outcome = await this.#documents.open(state);
    const bytes = this.#bytes(state.id);
    this.#requestUnits += isNew ? insertCharge({ bytes, terms: noTerms }) : refusedCharge(bytes);
    return outcome;
  }

  async #priced(id: string, patchOperations: number, act: () => Promise<ApplyOutcome>): Promise<ApplyOutcome> {
    const before = { bytes: this.#bytes(id), terms: noTerms };
    const outcome = await act();
    const isWritten = outcome.kind === 'applied';
    this.#operations += 1;
    this.#conflicts += isWritten ? 0 : 1;
    this.#requestUnits += isWritten
      ? patchCharge(before, { bytes: this.#bytes(id), terms: noTerms }, patchOperations)
      : refusedCharge(before.bytes);
    return outcome;
  }

  /**
   * The document's size as Cosmos DB keeps it: JSON without system properties. Measured again when the head or the limits
   * change; in between only the digits of the totals can.
   */
  #bytes(id: string): number {
    const state = this.#documents.current(id);
    if (state === undefined) {
      return 0;
    }
    const known = this.#sizes.get(id);
    if (known?.head === state.head && known.epoch === state.epoch) {
      return known.bytes;
    }
    const bytes = JSON.stringify(state).length;
    this.#sizes.set(id, { head: state.head, epoch: state.epoch, bytes });
    return bytes;
  }
}

interface Exchange<Outcome> {
  readonly act: () => Promise<Outcome>;
  readonly isSerialised: boolean;
  /** Certainly not made. */
  readonly unreached: (retryAfterMs: number | undefined) => Outcome;
  /** Nobody knows whether it was made. */
  readonly lost: () => Outcome;
}
