/** What a part gives when it has started. */
interface Running {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** A part of the stack that can be stopped, and started again from its files on the port that it had first. */
export class HeldPart<Part extends Running> {
  readonly #start: (port: number) => Promise<Part>;
  #port: number;
  #part: Part | undefined;

  /** @param port 0 for a free one */
  constructor(port: number, start: (port: number) => Promise<Part>) {
    this.#port = port;
    this.#start = start;
  }

  get isDown(): boolean {
    return this.#part === undefined;
  }

  get port(): number {
    return this.#port;
  }

  /** Undefined while it is down. */
  get part(): Part | undefined {
    return this.#part;
  }

  async open(): Promise<Part> {
    this.#part ??= await this.#start(this.#port);
    this.#port = this.#part.port;
    return this.#part;
  }

  async close(): Promise<void> {
    const part = this.#part;
    this.#part = undefined;
    await part?.stop();
  }
}
