import type { Random } from '../../local/azure-openai/seeded-random.ts';
import type { ClockStanding, ServiceClock } from '../../shared/bucket/service-clock.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A timer rings up to this late, in ms: Node's timers count whole milliseconds. */
const timerLatenessMs = 1.5;

/**
 * Time as one worker sees it: wrong by a fixed error, late after a stall, and over after a crash. Everything that a
 * worker does begins here, so that nothing of it goes on without its process.
 */
export class WorkerClock implements ServiceClock {
  readonly #time: VirtualTime;
  readonly #errorMs: number;
  readonly #random: Random;
  #stalledUntilMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(time: VirtualTime, errorMs: number, random: Random) {
    this.#time = time;
    this.#errorMs = errorMs;
    this.#random = random;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  readonly now = (): number => this.#time.nowMs + this.#errorMs;

  readonly sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    if (ms <= 0 || signal?.aborted === true) {
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    signal?.addEventListener('abort', () => resolve(), { once: true });
    this.after(ms + this.#random() * timerLatenessMs, resolve);
    await promise;
  };

  /** The bound is taken as held: `clock-bound.ts` has tests of its own. */
  readonly errorMs = (): number => Math.abs(this.#errorMs);

  readonly measure = async (): Promise<void> => undefined;

  readonly standing = (): ClockStanding => ({ errorMs: this.errorMs(), skewMs: this.#errorMs, state: 'known' });

  /** Does something in this process `ms` from now: later when it is stalled then, never when it is over. */
  after(ms: number, action: () => void): void {
    this.#time.at(this.#time.nowMs + ms, () => this.#wake(action));
  }

  /** The event loop stops: whatever is due meanwhile happens at its end, in its order. */
  stall(ms: number): void {
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#time.nowMs + ms);
  }

  /** The process is gone, and what it held in memory with it. */
  end(): void {
    this.#isOver = true;
  }

  #wake(action: () => void): void {
    if (this.#isOver) {
      return;
    }
    if (this.#time.nowMs < this.#stalledUntilMs) {
      this.#time.at(this.#stalledUntilMs, () => this.#wake(action));
      return;
    }
    action();
  }
}
