/** Ends a turn; the next one begins. */
export type EndTurn = () => void;

/** Waits for a turn in the line of that name; undefined when `signal` is aborted before. */
export type TakeTurn = (line: string, signal: AbortSignal) => Promise<EndTurn | undefined>;

/** Gives the turns of each line one after the other, in the order in which they were asked for. */
export function oneAtATime(): TakeTurn {
  const lines = new Map<string, ReturnType<typeof oneLine>>();
  return async (name, signal) => {
    const line = lines.get(name) ?? oneLine();
    lines.set(name, line);
    return line(signal);
  };
}

function oneLine(): (signal: AbortSignal) => Promise<EndTurn | undefined> {
  const waiting: (() => void)[] = [];
  let isTaken = false;
  const end = (): void => {
    const next = waiting.shift();
    isTaken = next !== undefined;
    next?.();
  };
  const once = (): EndTurn => {
    let isOver = false;
    return () => {
      if (!isOver) {
        isOver = true;
        end();
      }
    };
  };
  return async (signal) => {
    if (signal.aborted) {
      return undefined;
    }
    if (!isTaken) {
      isTaken = true;
      return once();
    }
    return new Promise((resolve) => {
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        resolve(once());
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(begin), 1);
        resolve(undefined);
      };
      waiting.push(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  };
}
