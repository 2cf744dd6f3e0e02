export interface FaultReport {
  readonly fault: (source: string, error: unknown) => void;
  readonly recovered: () => void;
}

/** The same fault repeats with every attempt to connect: it is logged when it is new, or came back. */
export function describeFaults(subject: string, log: (line: string) => void): FaultReport {
  let last = '';
  return {
    fault: (source, error) => {
      const text = `${source}: ${describe(error)}`;
      if (text !== last) {
        last = text;
        log(`[warning] ${subject}: ${text}`);
      }
    },
    recovered: () => {
      last = '';
    },
  };
}

/** The SDK throws the errors of several attempts as one without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return [...new Set(error.errors.map(describe))].join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
