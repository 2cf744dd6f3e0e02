import { SlidingWindow } from './sliding-window.ts';

/** One figure for each of the two windows. */
export interface PerWindow {
  readonly tokens: number;
  readonly requests: number;
}

const nothingFullest: PerWindow = { tokens: 0, requests: 0 };

/**
 * Measures admitted calls apart from what judges them: the largest found in a window of the length, at any phase, ÷ the
 * limit of that instant. The windows always slide, so that a fixed window shows what a
 * client got through around its turn.
 */
export class WindowPeaks {
  readonly #tokens: SlidingWindow;
  readonly #requests: SlidingWindow;
  #fullest = nothingFullest;

  constructor(lengths: { readonly tokenMs: number; readonly requestMs: number }) {
    this.#tokens = new SlidingWindow(lengths.tokenMs);
    this.#requests = new SlidingWindow(lengths.requestMs);
  }

  get fullest(): PerWindow {
    return this.#fullest;
  }

  /** Takes an admitted call; tells whether a window is fuller than ever. */
  add(call: { readonly at: number; readonly cost: number }, limit: PerWindow): boolean {
    this.restoreCall(call);
    const tokens = this.#tokens.sum(call.at) / Math.max(1, limit.tokens);
    const requests = this.#requests.sum(call.at) / Math.max(1, limit.requests);
    return this.restore({ tokens, requests });
  }

  /** Takes a call of an earlier life without measuring it. */
  restoreCall(call: { readonly at: number; readonly cost: number }): void {
    this.#tokens.add(call);
    this.#requests.add({ at: call.at, cost: 1 });
  }

  /** Takes a peak of an earlier life; tells whether it is higher. */
  restore(peak: PerWindow): boolean {
    const { tokens, requests } = this.#fullest;
    if (peak.tokens <= tokens && peak.requests <= requests) {
      return false;
    }
    this.#fullest = { tokens: Math.max(tokens, peak.tokens), requests: Math.max(requests, peak.requests) };
    return true;
  }
}
