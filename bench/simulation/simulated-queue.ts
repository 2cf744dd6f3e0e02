/** One job of the simulation. It costs the same on every attempt. */
export interface SimulatedJob {
  readonly cost: number;
  /** Epoch ms, when it came into the queue first. */
  readonly arrivedMs: number;
}

interface Receiver {
  readonly most: number;
  readonly isOver: () => boolean;
  readonly deliver: (jobs: readonly SimulatedJob[]) => void;
}

/**
 * The queue that workers pull from. While `endless` holds, a job is made for everybody who asks: that is saturation.
 * Otherwise jobs come by `add`, and whoever asks first is served first.
 */
export class SimulatedQueue {
  readonly #makeJob: () => SimulatedJob;
  #jobs: SimulatedJob[] = [];
  #receivers: Receiver[] = [];
  #isEndless = false;

  constructor(makeJob: () => SimulatedJob) {
    this.#makeJob = makeJob;
  }

  set endless(isEndless: boolean) {
    this.#isEndless = isEndless;
    this.#serve();
  }

  add(jobs: readonly SimulatedJob[]): void {
    this.#jobs.push(...jobs);
    this.#serve();
  }

  /** Delivers up to `most` jobs as soon as there is one. */
  receive(receiver: Receiver): void {
    this.#receivers.push(receiver);
    this.#serve();
  }

  #serve(): void {
    while (this.#receivers.length > 0 && (this.#isEndless || this.#jobs.length > 0)) {
      const receiver = this.#receivers.shift();
      if (receiver !== undefined && !receiver.isOver()) {
        receiver.deliver(this.#take(receiver.most));
      }
    }
  }

  #take(most: number): readonly SimulatedJob[] {
    const taken = this.#jobs.slice(0, most);
    this.#jobs = this.#jobs.slice(most);
    const missing = this.#isEndless ? most - taken.length : 0;
    return [...taken, ...Array.from({ length: missing }, this.#makeJob)];
  }
}
