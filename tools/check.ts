import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The checks behind `npm test` (all), `npm run test:full` (all, with ten times as many inputs in the fuzz tests) and
 * `npm run check:fast` (those without processes or sockets), in a fixed order, with one summary. A step that fails does
 * not hide the ones after it; the exit code is 1 when any failed.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const fast = process.argv.includes('--fast');
const full = process.argv.includes('--full');
const filter = process.argv.slice(2).find((argument) => !argument.startsWith('-'));

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  readonly isSlow?: boolean;
}

const steps: readonly Step[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'lint', command: ['oxlint', '-c', 'oxlint.config.ts', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  testStep('unit', 'test/**/*.test.ts', { exclude: /\.(?:int|e2e)\.test\.ts$/, concurrency: 2 }),
  { name: 'build', command: ['node', 'tools/build.ts'], isSlow: true },
  testStep('integration', 'test/**/*.int.test.ts', { isSlow: true, concurrency: 2 }),
  testStep('e2e', 'test/**/*.e2e.test.ts', { isSlow: true, concurrency: 1 }),
];

const results: {
  readonly name: string;
  readonly isGreen: boolean;
  readonly seconds: number;
  readonly detail: string;
}[] = [];
for (const step of steps.filter((candidate) => !(fast && candidate.isSlow === true))) {
  if (filter !== undefined && step.name !== filter) {
    continue;
  }
  results.push(await run(step));
}
printSummary();

function testStep(
  name: string,
  pattern: string,
  options: { readonly exclude?: RegExp; readonly isSlow?: boolean; readonly concurrency: number },
): Step {
  const files = globSync(pattern, { cwd: root }).filter(
    (file) => !file.includes('node_modules') && options.exclude?.test(file) !== true,
  );
  const flags = ['--disable-warning=ExperimentalWarning', '--test', `--test-concurrency=${options.concurrency}`];
  const reporter = ['--test-reporter=./tools/brief-reporter.ts', '--test-reporter-destination=stdout'];
  return {
    name,
    command: ['node', ...flags, ...reporter, ...files.toSorted()],
    isSlow: options.isSlow ?? false,
  };
}

async function run(step: Step): Promise<(typeof results)[number]> {
  console.log(`\n── ${step.name} ${'─'.repeat(Math.max(0, 60 - step.name.length))}`);
  const started = performance.now();
  let detail = '';
  const [program = 'node', ...args] = step.command;
  const env = full ? { FUZZ_RUNS: '10000', ...process.env } : process.env;
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    detail = /^# (\d+ passed.*)$/mu.exec(text)?.[1] ?? detail;
  });
  const code = await new Promise<number>((resolve) => {
    child.on('error', () => resolve(127));
    child.on('close', (exitCode) => resolve(exitCode ?? 1));
  });
  return { name: step.name, isGreen: code === 0, seconds: (performance.now() - started) / 1000, detail };
}

function printSummary(): void {
  console.log(`\n── summary ${'─'.repeat(53)}`);
  for (const result of results) {
    const mark = result.isGreen ? 'ok  ' : 'FAIL';
    console.log(`${mark} ${result.name.padEnd(12)} ${result.seconds.toFixed(1).padStart(6)} s  ${result.detail}`);
  }
  const failed = results.filter((result) => !result.isGreen).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;
}
