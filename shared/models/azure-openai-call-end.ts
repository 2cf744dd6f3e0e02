/** Why a call was ended from this side. */
export type EndCause = 'caller' | 'timeout' | 'idle';

/** The ends that a call can come to from this side, as one abort signal. */
export interface CallEnd {
  readonly signal: AbortSignal;
  /** Undefined while the call was not ended from this side. */
  readonly cause: () => EndCause | undefined;
  /** Bytes came: the stream has not stalled. The first call starts the timer. */
  readonly stillAlive: () => void;
  /** Nothing more is expected but the end of the stream: wait for it for `ms` at the most. */
  readonly endWithin: (ms: number) => void;
  /** Stops the timers. */
  readonly dispose: () => void;
}

/** The SDK's timeout does not cover a stalled stream, so both timers stand here. */
export function callEnd(limits: {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
}): CallEnd {
  const controller = new AbortController();
  let cause: EndCause | undefined;
  let idleTimer: NodeJS.Timeout | undefined;
  const end = (why: EndCause): void => {
    if (cause === undefined) {
      cause = why;
      controller.abort();
    }
  };
  const onAbort = (): void => end('caller');
  if (limits.signal.aborted) {
    onAbort();
  }
  limits.signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => end('timeout'), limits.timeoutMs);
  return {
    signal: controller.signal,
    cause: () => cause,
    stillAlive: () => {
      idleTimer = idleTimer?.refresh() ?? setTimeout(() => end('idle'), limits.idleTimeoutMs);
    },
    endWithin: (ms) => {
      clearTimeout(idleTimer);
      idleTimer = setTimeout(() => end('idle'), ms);
    },
    dispose: () => {
      clearTimeout(timer);
      clearTimeout(idleTimer);
      limits.signal.removeEventListener('abort', onAbort);
    },
  };
}
