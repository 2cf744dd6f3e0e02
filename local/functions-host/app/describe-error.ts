/** The message and the whole chain of causes, the last with its stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  return error.cause instanceof Error
    ? `${error.message}\n  caused by: ${describeError(error.cause)}`
    : (error.stack ?? error.message);
}
