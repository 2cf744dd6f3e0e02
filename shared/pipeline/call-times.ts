import type { Clock } from '../clock.ts';
import type { ModelClient } from '../models/model-client.ts';

/** How long the calls of one pump took: what a place in its hand is needed for. What a job waits for quota is not in it. */
export class CallTimes {
  readonly #clock: Clock;
  #ended = 0;
  #totalMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get ended(): number {
    return this.#ended;
  }

  /** The times of the calls that have ended, added up, in ms. */
  get totalMs(): number {
    return this.#totalMs;
  }

  /** The same client, its calls timed. */
  timing(models: ModelClient): ModelClient {
    return {
      ...models,
      call: async (request, signal) => {
        const from = this.#clock.now();
        try {
          return await models.call(request, signal);
        } finally {
          this.#ended += 1;
          this.#totalMs += this.#clock.now() - from;
        }
      },
    };
  }
}
