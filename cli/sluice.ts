/**
 * `npm run sluice -- …`: what operators do, from a terminal. It talks HTTP to the app, and to nothing else.
 *
 * Exit codes: 0 done; 1 the app refused, failed or was not reached; 2 wrong arguments, or no answer to a question; 3 done in
 * part (a job was refused, unknown, or no dead letter), or the app says that it is not healthy.
 */
import { createInterface } from 'node:readline/promises';
import { runCli } from './run-cli.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  say: (text) => console.log(text),
  warn: (text) => console.error(text),
  // Without a terminal nobody can be asked.
  ask: process.stdin.isTTY ? ask : undefined,
});

async function ask(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question);
  } finally {
    reader.close();
  }
}
