import { z } from 'zod';

/**
 * Runs a benchmark until it ends or Ctrl-C (or SIGTERM) aborts its signal. It then stops what it started and the process
 * ends: code 0 when it ran through, 130 when it was interrupted, 1 for an error, which is printed.
 */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort();
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    await work(controller.signal);
  } catch (error) {
    process.exitCode = controller.signal.aborted ? 130 : 1;
    console.error(controller.signal.aborted ? 'Interrupted.' : tell(error));
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** An argument that cannot be used is told without a stack. */
function tell(error: unknown): unknown {
  return error instanceof z.ZodError ? `The arguments cannot be used (see --help):\n${z.prettifyError(error)}` : error;
}
