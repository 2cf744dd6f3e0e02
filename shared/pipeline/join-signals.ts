/**
 * A signal that aborts with the first of `signals`, until it is released. For signals that live long: `AbortSignal.any`
 * leaves its traces on them until the garbage collector has seen every joined one.
 */
export function joinSignals(signals: readonly AbortSignal[]): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const joined = new AbortController();
  const onAbort = (): void => joined.abort();
  for (const signal of signals) {
    if (signal.aborted) {
      joined.abort();
    }
    signal.addEventListener('abort', onAbort, { once: true });
  }
  return {
    signal: joined.signal,
    release: () => {
      for (const signal of signals) {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
