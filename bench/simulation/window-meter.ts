import { SlidingWindow } from '../../local/azure-openai/limits/sliding-window.ts';

/**
 * The fullest window of one length at any phase, measured as it goes: a window can only be fullest just after something
 * was added at its end, so looking at every addition sees them all.
 */
export class WindowMeter {
  readonly #window: SlidingWindow;
  #fullest = 0;

  constructor(lengthMs: number) {
    this.#window = new SlidingWindow(lengthMs);
  }

  /** Call in the order of time. @param limit in force at that instant */
  add(entry: { readonly at: number; readonly cost: number }, limit: number): void {
    this.#window.add(entry);
    this.#fullest = Math.max(this.#fullest, this.#window.sum(entry.at) / limit);
  }

  /** The fullest window so far ÷ the limit of its instant. */
  get fullest(): number {
    return this.#fullest;
  }
}
