/** Why a call was ended from this side; `silent`: its stream brought no content in time, `idle`: it stalled after some. */
export type EndCause = 'caller' | 'timeout' | 'silent' | 'idle';

/** The ends that a call can come to from this side, as one abort signal. */
export interface CallEnd {
  readonly signal: AbortSignal;
  /** Undefined while the call was not ended from this side. */
  readonly cause: () => EndCause | undefined;
  /** Bytes came after the first content: the stream has not stalled. The first call starts the timer. */
  readonly stillAlive: () => void;
  /** Nothing more is expected but the end of the stream: wait for it for `ms` at the most. */
  readonly endWithin: (ms: number) => void;
  /** Stops the timers. */
  readonly dispose: () => void;
}

/**
 * The SDK's timeout does not cover a stalled stream, so the timers stand here. A model may think for minutes before its
 * first content, so the time to it has a limit of its own, and a stall is silence after it.
 */
export function callEnd(limits: {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Of a stream: from the start of the call to its first content. */
  readonly firstContentTimeoutMs: number | undefined;
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
  const { firstContentTimeoutMs = limits.timeoutMs } = limits;
  const firstTimer =
    firstContentTimeoutMs < limits.timeoutMs ? setTimeout(() => end('silent'), firstContentTimeoutMs) : undefined;
  return {
    signal: controller.signal,
    cause: () => cause,
    stillAlive: () => {
      clearTimeout(firstTimer);
      idleTimer = idleTimer?.refresh() ?? setTimeout(() => end('idle'), limits.idleTimeoutMs);
    },
    endWithin: (ms) => {
      clearTimeout(firstTimer);
      clearTimeout(idleTimer);
      idleTimer = setTimeout(() => end('idle'), ms);
    },
    dispose: () => {
      clearTimeout(timer);
      clearTimeout(firstTimer);
      clearTimeout(idleTimer);
      limits.signal.removeEventListener('abort', onAbort);
    },
  };
}
