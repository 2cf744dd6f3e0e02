import type { ReceivedMessage } from '../pools/job-queue.ts';

/** The messages that one pump holds, and the work on them. */
export class PumpHand {
  readonly #work = new Set<Promise<void>>();
  readonly #held = new Map<string, Set<string>>();
  #pulled = 0;
  #ended = 0;
  #givenBack = 0;

  get size(): number {
    return this.#work.size;
  }

  get pulled(): number {
    return this.#pulled;
  }

  get ended(): number {
    return this.#ended;
  }

  /** Messages that went back to their queues: work that is left, which a look at the queues may have missed. */
  get givenBack(): number {
    return this.#givenBack;
  }

  giveBack(): void {
    this.#givenBack += 1;
  }

  /** Sequence numbers in hand, by queue. */
  held(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#held;
  }

  take(queue: string, message: ReceivedMessage, work: () => Promise<void>): void {
    this.#pulled += 1;
    const ofQueue = this.#held.get(queue) ?? new Set();
    this.#held.set(queue, ofQueue.add(message.sequenceNumber));
    const running = work().finally(() => {
      this.#ended += 1;
      ofQueue.delete(message.sequenceNumber);
      this.#work.delete(running);
    });
    this.#work.add(running);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#work);
  }
}
