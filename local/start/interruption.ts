/** A terminal and npm may each pass on the same Ctrl-C: signals this close together are one. */
const sameMs = 1000;

/**
 * Takes SIGINT, SIGTERM and SIGHUP for this process: the first aborts `signal`, and the caller stops what it started.
 * A later one ends the process at once with exit code 130; what it started ends with it.
 */
export function takeInterruptions(): { readonly signal: AbortSignal; readonly interrupted: Promise<void> } {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  let firstMs: number | undefined;
  const onSignal = (): void => {
    const now = performance.now();
    firstMs ??= now;
    if (now - firstMs > sameMs) {
      process.exit(130);
    }
    controller.abort();
    resolve();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, onSignal);
  }
  return { signal: controller.signal, interrupted: promise };
}
