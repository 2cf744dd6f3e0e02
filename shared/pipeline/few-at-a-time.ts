/** Ends a turn; another one begins. */
export type EndTurn = () => void;

/** Waits for a turn in the line of that name; undefined when `signal` is aborted before. */
export type TakeTurn = (line: string, signal: AbortSignal) => Promise<EndTurn | undefined>;

/** Gives `most` turns of a line at once, in the order in which they were asked for. */
export function fewAtATime(most: number): TakeTurn {
  const lines = new Map<string, ReturnType<typeof oneLine>>();
  return async (name, signal) => {
    const line = lines.get(name) ?? oneLine(most);
    lines.set(name, line);
    return line(signal);
  };
}

function oneLine(most: number): (signal: AbortSignal) => Promise<EndTurn | undefined> {
  const waiting: (() => void)[] = [];
  let taken = 0;
  const end = (): void => {
    const next = waiting.shift();
    taken -= next === undefined ? 1 : 0;
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
    if (taken < most) {
      taken += 1;
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
