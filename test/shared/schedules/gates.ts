import assert from 'node:assert/strict';

/** A call of a process to the outside that waits until it is let through. */
export interface Gate {
  readonly name: string;
  readonly args: readonly unknown[];
  /** Makes the call, and resolves when it was answered; a call whose reply is lost is made again, as adapters do. */
  readonly pass: (options?: { readonly isReplyLost: boolean }) => Promise<void>;
}

/** How long a process may take to come to its next call, in ms: more is a mistake in the schedule. */
const mostMs = 10_000;

/** The calls of one process, one at a time: who plays a schedule decides when each of them is made. */
export class Gates {
  readonly #waiting: Gate[] = [];
  #arrived = Promise.withResolvers<undefined>();

  /** The same call, behind a gate. */
  through<Args extends readonly unknown[], Result>(
    name: string,
    call: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const pass: Gate['pass'] = async ({ isReplyLost } = { isReplyLost: false }) => {
        try {
          const first = await call(...args);
          resolve(isReplyLost ? await call(...args) : first);
        } catch (error) {
          reject(error);
        }
      };
      this.add({ name, args, pass });
      return promise;
    };
  }

  add(gate: Gate): void {
    this.#waiting.push(gate);
    this.#arrived.resolve(undefined);
  }

  /** What waits now, by name. */
  get names(): readonly string[] {
    return this.#waiting.map(({ name }) => name);
  }

  /** The next call of the process, which must be this one; waits until the process comes to it. */
  async next(name: string): Promise<Gate> {
    if (this.#waiting.length === 0) {
      this.#arrived = Promise.withResolvers();
      await within(this.#arrived.promise, `the process never came to ${name}`);
    }
    const gate = this.#waiting.shift();
    assert.equal(gate?.name, name, 'the next call of the process');
    return gate;
  }
}

/** Fails by name when something takes longer than a schedule ever does. */
export async function within<Result>(work: Promise<Result>, failure: string): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(failure)), mostMs);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
