import { AppError } from './errors.ts';

/** Frames of a stack that are told. */
const toldFrames = 6;

/**
 * A fault for the log: our own errors with their message, which holds no user text; others by name and stack alone,
 * because a parser's message quotes what it could not parse (T1).
 */
export function describeFault(error: unknown): string {
  if (error instanceof AppError) {
    const cause = error.cause === undefined ? '' : ` (cause: ${describeFault(error.cause)})`;
    return `${error.code}: ${error.message}${cause}`;
  }
  if (!(error instanceof Error)) {
    return 'a thrown value that is no error';
  }
  // A message may have lines that look like frames.
  const stack = (error.stack ?? '').replace(error.message, '');
  const frames = stack.split('\n').filter((line) => /^\s+at .*:\d+:\d+\)?$/u.test(line));
  return [error.name, ...frames.slice(0, toldFrames).map((frame) => frame.trim())].join(' ');
}
