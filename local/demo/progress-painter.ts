import { coloured, progressLine, type RunView, screenLines } from './progress-view.ts';

/** Shows progress on stderr: redrawn in place on a terminal, a line every five seconds otherwise. */
export interface Painter {
  readonly show: (view: RunView) => void;
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** Takes the redrawn lines away. */
  readonly clear: () => void;
}

const lineEveryMs = 5000;
const usualColumns = 80;
/** Lines that wrap cannot be redrawn. */
const leastColumns = 72;

export function progressPainter(): Painter {
  const { isTTY, columns } = process.stderr;
  return isTTY && (columns || usualColumns) >= leastColumns ? terminalPainter() : linePainter();
}

function linePainter(): Painter {
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show: (view) => {
      if (performance.now() - shownMs >= lineEveryMs) {
        shownMs = performance.now();
        process.stderr.write(`${progressLine(view)}\n`);
      }
    },
    say: (line) => {
      process.stderr.write(`${line}\n`);
    },
    clear: () => undefined,
  };
}

function terminalPainter(): Painter {
  let drawn: readonly string[] = [];
  const draw = (lines: readonly string[]): void => {
    // Up to the first drawn line, and clear from there to the end of the screen.
    const erase = drawn.length === 0 ? '' : `\u001B[${drawn.length}A\r\u001B[J`;
    drawn = lines;
    process.stderr.write(erase + lines.map((line) => `${line}\n`).join(''));
  };
  return {
    show: (view) => draw(screenLines(view, process.stderr.columns || usualColumns, coloured)),
    say: (line) => {
      const kept = drawn;
      draw([]);
      process.stderr.write(`${line}\n`);
      draw(kept);
    },
    clear: () => draw([]),
  };
}
