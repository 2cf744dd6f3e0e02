/**
 * Waits until work of about so many µs may be done without holding others up. `taskUs` is how much the whole task is, as
 * far as is known (what is left of it, or what it has done so far): those of little go first.
 */
export type YieldToEventLoop = (workUs: number, taskUs?: number) => Promise<void>;

/** Work that is done in one turn of the event loop, all jobs together, as estimated; in µs. */
const mostUs = 8000;

/** One turn in so many serves who has waited longest, so that large tasks end too. */
const fairTurn = 4;

interface Waiting {
  readonly workUs: number;
  readonly taskUs: number;
  readonly start: () => void;
}

/**
 * Shares the event loop among whatever reads, counts and writes inputs: one turn holds so much work and no more, however
 * many jobs have some; the rest waits in line, small tasks before large ones. In between, I/O and timers have their turn.
 * Work that is larger than a turn gets one of its own: callers cut theirs up.
 *
 * @param nextTurn calls back once the event loop has served others (`setImmediate`)
 */
export function shareEventLoop(nextTurn: (resume: () => void) => void): YieldToEventLoop {
  let spentUs = 0;
  let turns = 0;
  let isAwaited = false;
  /** In the order in which they came. */
  const line = new Set<Waiting>();
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
    turns += 1;
    for (const next of turns % fairTurn === 0 ? line : smallestFirst(line)) {
      if (!hasRoom(next.workUs)) {
        break;
      }
      spentUs += next.workUs;
      line.delete(next);
      next.start();
    }
    if (spentUs > 0) {
      wakeLater();
    }
  };
  return async (workUs, taskUs = workUs) => {
    if (workUs <= 0) {
      return;
    }
    wakeLater();
    if (line.size === 0 && hasRoom(workUs)) {
      spentUs += workUs;
      return;
    }
    await new Promise<void>((start) => {
      line.add({ workUs, taskUs, start });
    });
  };
}

function smallestFirst(line: ReadonlySet<Waiting>): readonly Waiting[] {
  return line.size < 2 ? [...line] : [...line].toSorted((a, b) => a.taskUs - b.taskUs);
}
