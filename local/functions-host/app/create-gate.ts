export interface Gate {
  /** Waits for a place, first come first served. */
  readonly enter: () => Promise<void>;
  readonly leave: () => void;
}

/** Lets at most `places` callers through at once. */
export function createGate(places: number): Gate {
  const waiting: (() => void)[] = [];
  let free = places;
  return {
    enter: async () => {
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
    leave: () => {
      const next = waiting.shift();
      if (next === undefined) {
        free += 1;
      } else {
        next();
      }
    },
  };
}
