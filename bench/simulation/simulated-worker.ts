import type { Verdict } from '../../local/azure-openai/limits/window-judge.ts';
import type { Random } from '../../local/azure-openai/seeded-random.ts';
import { createReserver, type Reserver } from '../../shared/bucket/reserver.ts';
import { PoolIntake } from '../../shared/pipeline/pool-intake.ts';
import { drawLogNormal } from './draws.ts';
import type { Load } from './loads.ts';
import { intakeDeps, simulatedPool } from './simulated-pool.ts';
import type { SimulatedJob, SimulatedQueue } from './simulated-queue.ts';
import type { SimulatedService } from './simulated-service.ts';
import type { SimulatedStore } from './simulated-store.ts';
import { answerOf, bucketId, takeTurn } from './take-turn.ts';
import type { Tally } from './tally.ts';
import type { VirtualTime } from './virtual-time.ts';
import type { WorkerClock } from './worker-clock.ts';

/** From asking for messages to having them, in ms. */
const receiveSpread = { p50: 8, p99: 40 };

/** From having a message to asking for a start: the claim of the job's document above all, in ms. */
const prepareSpread = { p50: 12, p99: 60 };

/** From a start to the call's arrival at the service, in ms. */
const sendSpread = { p50: 8, p99: 40 };

/** A call, in ms. */
const callSpread = { p50: 3000, p99: 20_000 };

/** What else changes the room of a full hand, other limits above all, is seen within this time, in ms. */
const longestRestMs = 500;

/** How long a pool that may not be pulled is left alone, in ms, as `pull-pools.ts` does. */
const restMs = 20;

/** The setting of the largest hand: what is called counts, and long calls would bind before the quota does. */
const maxJobsInHand = 5000;

/** The default setting. */
const pullAheadMs = 2000;

export interface SimulatedWorld {
  readonly time: VirtualTime;
  readonly load: Load;
  readonly store: SimulatedStore;
  readonly service: SimulatedService;
  readonly queue: SimulatedQueue;
  readonly tally: Tally;
}

/** One worker: pulls jobs as the pump does, lets the shipped reserver give each a start, and calls the service. */
export class SimulatedWorker {
  readonly #world: SimulatedWorld;
  readonly #place: number;
  readonly #clock: WorkerClock;
  readonly #random: Random;
  readonly #reserver: Reserver;
  readonly #intake: PoolIntake;
  readonly #hand = new Set<SimulatedJob>();
  #isResting = false;
  #pulls = 0;

  /** @param place which of the workers it is, for the tally */
  constructor(
    world: SimulatedWorld,
    self: { readonly place: number; readonly clock: WorkerClock; readonly random: Random },
  ) {
    const { load, store } = world;
    this.#world = world;
    this.#place = self.place;
    this.#clock = self.clock;
    this.#random = self.random;
    this.#reserver = createReserver({
      clock: self.clock,
      store: store.for(self.clock),
      random: self.random,
      limits: new Map([[bucketId, load.limits]]),
    });
    this.#intake = new PoolIntake(
      simulatedPool(load.limits),
      intakeDeps({ reserver: this.#reserver, clock: self.clock }, { pullAheadMs, maxJobsInHand }),
    );
  }

  start(): void {
    this.#clock.after(0, () => this.#pull());
  }

  stall(ms: number): void {
    this.#clock.stall(ms);
  }

  /** Vanishes. @returns the jobs whose messages come back when their locks expire */
  crash(): readonly SimulatedJob[] {
    this.#clock.end();
    return [...this.#hand];
  }

  #pull(): void {
    this.#pulls += 1;
    const most = Math.min(this.#intake.room(), maxJobsInHand - this.#hand.size);
    if (most <= 0) {
      void this.#intake.lookAgain().catch((error: unknown) => this.#world.time.fail(error));
      this.#pullAfter(this.#restMs());
      return;
    }
    this.#isResting = false;
    this.#world.queue.receive({
      most,
      isOver: () => this.#clock.isOver,
      deliver: (jobs) => this.#take(jobs),
    });
  }

  /** Looks again after a rest, unless there was another look meanwhile. */
  #pullAfter(ms: number): void {
    this.#isResting = true;
    const planned = this.#pulls;
    this.#clock.after(ms, () => {
      if (this.#isResting && this.#pulls === planned) {
        this.#pull();
      }
    });
  }

  /**
   * The pump looks every 20 ms. Most looks would find what the one before found, and 256 workers would spend most of the
   * simulation on them: while the horizon is long nothing changes but the time, and while the hand is full nothing but by
   * a start, after which `#onRoom` looks.
   */
  #restMs(): number {
    if (!this.#reserver.isHealthy(bucketId)) {
      return restMs;
    }
    const tooLongMs = this.#reserver.horizonMs(bucketId) - pullAheadMs;
    return tooLongMs < 0 ? longestRestMs : Math.max(1, Math.ceil(tooLongMs / restMs)) * restMs;
  }

  /** A job has left the hand: the next look comes at any point of its period. */
  #onRoom(): void {
    if (this.#isResting) {
      this.#pullAfter(this.#random() * restMs);
    }
  }

  #take(jobs: readonly SimulatedJob[]): void {
    for (const job of jobs) {
      this.#hand.add(job);
    }
    this.#clock.after(drawLogNormal(this.#random, receiveSpread), () => {
      for (const job of jobs) {
        this.#run(job).catch((error: unknown) => this.#world.time.fail(error));
      }
      this.#pull();
    });
  }

  async #run(job: SimulatedJob): Promise<void> {
    const { tally, time } = this.#world;
    const onStart = this.#intake.begin();
    await this.#clock.sleep(drawLogNormal(this.#random, prepareSpread));
    for (;;) {
      const turn = await takeTurn(this.#reserver, job.cost);
      if (turn === 'again') {
        tally.missed();
        continue;
      }
      onStart(job.cost);
      this.#onRoom();
      tally.waited(time.nowMs, time.nowMs - job.arrivedMs);
      const verdict = await this.#call(job);
      if (verdict.kind === 'admitted') {
        this.#hand.delete(job);
        return;
      }
    }
  }

  /** A call that was sent arrives, whatever becomes of the worker. */
  async #call({ cost }: SimulatedJob): Promise<Verdict> {
    const { time, service, tally } = this.#world;
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    const startedMs = this.#reserver.now();
    const wayMs = drawLogNormal(this.#random, sendSpread);
    time.at(time.nowMs + wayMs, () => {
      const verdict = service.admit({ at: time.nowMs, cost });
      tally.called({ at: time.nowMs, cost, worker: this.#place, verdict });
      const takesMs = verdict.kind === 'admitted' ? drawLogNormal(this.#random, callSpread) : wayMs;
      const told = answerOf(service.standing(time.nowMs), verdict);
      this.#clock.after(takesMs, () => {
        this.#reserver.observe(bucketId, { startedMs, ...told });
        resolve(verdict);
      });
    });
    return promise;
  }
}
