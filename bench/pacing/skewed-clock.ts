import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const run = promisify(execFile);

/**
 * Variables that make a process's wall clock run `seconds` ahead, as `faketime` (Debian's package of that name) itself
 * would set them; its monotonic clock is left alone.
 *
 * @throws when faketime is not installed
 */
export async function skewedClockEnvironment(seconds: number): Promise<Readonly<Record<string, string>>> {
  const offset = `${seconds < 0 ? '' : '+'}${seconds}s`;
  const printed = await run('faketime', ['-m', '--exclude-monotonic', '-f', offset, 'env']).catch((cause: unknown) => {
    throw new Error('The scenario clock-skew needs faketime: apt-get install faketime.', { cause });
  });
  const variables = new Map(
    printed.stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  // FAKETIME_SHARED belongs to the process that has just ended.
  return z
    .object({ LD_PRELOAD: z.string(), FAKETIME: z.string(), FAKETIME_DONT_FAKE_MONOTONIC: z.string().default('1') })
    .parse(Object.fromEntries(variables));
}
