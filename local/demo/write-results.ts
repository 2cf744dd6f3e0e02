import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Account, accountant } from './account-lines.ts';
import type { AppApi, Refusal } from './app-api.ts';
import type { IntakeQueue } from './intake-queue.ts';
import type { BatchLine } from './read-batch-file.ts';

/**
 * Writes the batch output lines as the app gives them, then one for each line that never became a job. The file appears
 * whole or not at all.
 */
export async function writeResults(
  from: { readonly app: AppApi; readonly queue: IntakeQueue; readonly signal: AbortSignal },
  run: {
    readonly batchId: string;
    readonly lines: readonly BatchLine[];
    readonly refused: ReadonlyMap<number, Refusal>;
    readonly out: string;
  },
): Promise<Account> {
  const deadLetters = await from.queue.deadLetters(run.batchId);
  const accounts = accountant(run.lines);
  const closed: { account?: Account } = {};
  async function* lines(): AsyncGenerator<string, void> {
    for await (const result of from.app.results(run.batchId)) {
      accounts.take(result);
      yield `${JSON.stringify(result)}\n`;
    }
    const { account, rest } = accounts.close({ refused: run.refused, deadLetters });
    closed.account = account;
    yield* rest.map((result) => `${JSON.stringify(result)}\n`);
  }
  const part = `${run.out}.part`;
  await pipeline(Readable.from(lines()), createWriteStream(part), { signal: from.signal });
  await rename(part, run.out);
  if (closed.account === undefined) {
    throw new Error('The results ended without an account.');
  }
  return closed.account;
}
