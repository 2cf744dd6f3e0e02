/**
 * `npm run conformance`: the suites that check, fact by fact, what the embedded stack says of the services; against it,
 * or against accounts of the caller's own.
 */
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { describeReports } from './conformance/describe-reports.ts';
import { endpointOf, help, readOptions, type ConformanceOptions, type SuiteRun } from './conformance/read-options.ts';
import { runSuite, type Fact, type SuiteReport } from './conformance/run-suite.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const marks = { passed: '✔', failed: '✖', skipped: '-' } as const;

// What a run of tests leaves unhandled is shown by nobody.
process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  return 1;
});

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), process.env);
  switch (read.kind) {
    case 'help':
      console.log(help);
      return 0;
    case 'wrong':
      console.error(`${read.problem}\n\n${help}`);
      return 2;
    case 'run':
      return (await isWanted(read.options)) ? runAll(read.options) : 2;
  }
}

/** Says what will be done to each account, and asks. */
async function isWanted({ runs, isConfirmed }: ConformanceOptions): Promise<boolean> {
  const foreign = runs.filter(({ connectionString }) => connectionString !== undefined);
  for (const run of foreign) {
    console.log(
      `The suite of ${run.suite.title} runs against ${endpoint(run) ?? ''}, an account that is not this stack's.`,
    );
    console.log(`${run.suite.account?.warning ?? ''}\n`);
  }
  if (foreign.length === 0 || isConfirmed) {
    return true;
  }
  if (!process.stdin.isTTY) {
    console.error('Nothing was done: add --yes to go on.');
    return false;
  }
  const question = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await question.question('Go on? [y/N] ');
  question.close();
  return /^y(?:es)?$/iu.test(answer.trim());
}

async function runAll({ runs, only }: ConformanceOptions): Promise<number> {
  const reports: SuiteReport[] = [];
  for (const run of runs) {
    const startedMs = performance.now();
    const facts = await runSuite(run, { root, onFact: showFact, ...(only === undefined ? {} : { only }) });
    const seconds = (performance.now() - startedMs) / 1000;
    const host = endpoint(run);
    reports.push({ title: run.suite.title, facts, seconds, ...(host === undefined ? {} : { endpoint: host }) });
  }
  console.log(`\n${describeReports(reports)}`);
  const facts = reports.flatMap((report) => report.facts);
  if (facts.length === 0) {
    console.error('No fact was checked.');
    return 1;
  }
  return facts.some(({ result }) => result.kind === 'failed') ? 1 : 0;
}

function endpoint({ suite, connectionString }: SuiteRun): string | undefined {
  return connectionString === undefined ? undefined : endpointOf(suite, connectionString);
}

function showFact({ name, result }: Fact): void {
  console.log(`${marks[result.kind]} ${name}`);
}
