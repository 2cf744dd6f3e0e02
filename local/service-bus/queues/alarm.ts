/** The longest delay that `setTimeout` takes; a later time is approached in steps. */
const longestDelayMs = 2_147_483_647;

/** One timer for the earliest of many times. It may ring early: the listener looks what is due, and sets it again. */
export class Alarm {
  readonly #ring: () => void;
  #timer: NodeJS.Timeout | undefined;
  #atMs = Number.POSITIVE_INFINITY;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  set(atMs: number | undefined, nowMs: number): void {
    const wanted = atMs ?? Number.POSITIVE_INFINITY;
    if (wanted === this.#atMs) {
      return;
    }
    clearTimeout(this.#timer);
    this.#atMs = wanted;
    if (wanted === Number.POSITIVE_INFINITY) {
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#atMs = Number.POSITIVE_INFINITY;
        this.#ring();
      },
      Math.min(longestDelayMs, Math.max(0, wanted - nowMs)),
    );
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#atMs = Number.POSITIVE_INFINITY;
  }
}

export function earliest(left: number | undefined, right: number | undefined): number | undefined {
  return left === undefined || right === undefined ? (left ?? right) : Math.min(left, right);
}
