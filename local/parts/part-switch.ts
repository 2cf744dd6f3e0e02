import { setTimeout } from 'node:timers/promises';

/** Something that listens, and can be made not to. */
export interface Switched {
  readonly isDown: boolean;
  readonly open: () => Promise<unknown>;
  readonly close: () => Promise<void>;
}

const tries = 100;
const betweenTriesMs = 50;

/**
 * Takes one part of the stack down and brings it back while the others go on. What is asked of it is done in turn. An
 * outgoing connection of this machine may have been given the port meanwhile: it is then tried for five seconds.
 */
export class PartSwitch {
  readonly #switched: Switched;
  readonly #ending = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();
  #restarts = 0;

  constructor(switched: Switched) {
    this.#switched = switched;
  }

  get isDown(): boolean {
    return this.#switched.isDown;
  }

  /** How many times it has come back. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Resolves when it is back. */
  async restart(downMs: number): Promise<void> {
    await this.#inTurn(async () => {
      await this.#switched.close();
      await setTimeout(downMs, undefined, { signal: this.#ending.signal }).catch(() => undefined);
      await this.#open();
    });
  }

  async open(): Promise<void> {
    await this.#inTurn(async () => this.#open());
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => this.#switched.close());
  }

  /** Takes it down for good. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.close();
  }

  async #open(): Promise<void> {
    for (let tried = 1; this.#switched.isDown && !this.#ending.signal.aborted; tried += 1) {
      try {
        await this.#switched.open();
        this.#restarts += 1;
      } catch (error) {
        if (tried === tries || !isPortTaken(error)) {
          throw error;
        }
        await setTimeout(betweenTriesMs);
      }
    }
  }

  async #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
