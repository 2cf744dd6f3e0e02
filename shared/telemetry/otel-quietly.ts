import { setTimeout as sleep } from 'node:timers/promises';

/** T1: telemetry never changes an outcome, so what fails in here fails in silence. Undefined when it threw. */
export function quietly<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** Resolves when `action` has ended in any way, or after `ms`. Never rejects. */
export async function quietlyWithin(ms: number, action: () => Promise<unknown>): Promise<void> {
  const timeout = new AbortController();
  const waited = sleep(ms, undefined, { signal: timeout.signal }).catch(() => undefined);
  const ended = Promise.resolve()
    .then(action)
    .catch(() => undefined);
  await Promise.race([ended, waited]);
  timeout.abort();
}

/** One line for the operator; standard error may be closed, and then nobody reads it. */
export function warn(message: string): void {
  quietly(() => process.stderr.write(`telemetry: ${message}\n`));
}
