/** Waits until work of about so many µs may be done without holding others up. */
export type YieldToEventLoop = (workUs: number) => Promise<void>;

/** Work that is done in one turn of the event loop, all jobs together, as estimated; in µs. */
const mostUs = 8000;

/**
 * Shares the event loop among whatever reads and counts large inputs: one turn holds so much work and no more, however
 * many jobs have some, and the rest waits in line, first come first served. In between, I/O and timers have their turn.
 * Work that is larger than a turn gets one of its own: callers cut theirs up.
 *
 * @param nextTurn calls back once the event loop has served others (`setImmediate`)
 */
export function shareEventLoop(nextTurn: (resume: () => void) => void): YieldToEventLoop {
  let spentUs = 0;
  let isAwaited = false;
  let line: { readonly workUs: number; readonly start: () => void }[] = [];
  const hasRoom = (workUs: number): boolean => spentUs === 0 || spentUs + workUs <= mostUs;
  const wakeLater = (): void => {
    if (!isAwaited) {
      isAwaited = true;
      nextTurn(resume);
    }
  };
  const resume = (): void => {
    isAwaited = false;
    spentUs = 0;
    const waiting = line;
    const started = waiting.findIndex(({ workUs }) => {
      const isNext = hasRoom(workUs);
      spentUs += isNext ? workUs : 0;
      return !isNext;
    });
    const ready = started === -1 ? waiting : waiting.slice(0, started);
    line = waiting.slice(ready.length);
    for (const { start } of ready) {
      start();
    }
    if (spentUs > 0) {
      wakeLater();
    }
  };
  return async (workUs) => {
    if (workUs <= 0) {
      return;
    }
    wakeLater();
    if (line.length === 0 && hasRoom(workUs)) {
      spentUs += workUs;
      return;
    }
    await new Promise<void>((start) => {
      line.push({ workUs, start });
    });
  };
}
