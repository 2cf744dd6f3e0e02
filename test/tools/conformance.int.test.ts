import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { suites } from '../../tools/conformance/suites.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every suite has files', () => {
  for (const { name, pattern } of suites) {
    assert.ok(globSync(pattern, { cwd: root }).length > 0, name);
  }
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function conformance(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const command = ['--disable-warning=ExperimentalWarning', join(root, 'tools/conformance.ts'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { env: { ...process.env, ...environment } }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

test('an account is not touched before somebody has agreed', async () => {
  const { code, stdout, stderr } = await conformance(['cosmos'], {
    SLUICE_CONFORMANCE_COSMOS: 'AccountEndpoint=https://mine.documents.azure.com:443/;AccountKey=c2VjcmV0;',
  });

  assert.equal(code, 2);
  assert.match(stdout, /runs against mine\.documents\.azure\.com[\s\S]*It makes a database/u);
  assert.match(stderr, /add --yes/u);
});

test('facts that pass, fail and are skipped are told apart, and a failure is the exit code', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  context.after(async () => rm(folder, { recursive: true, force: true }));
  const lines = [
    "import { test } from 'node:test';",
    "test('good', () => {});",
    "test('bad', () => { throw new Error(`not as ${process.env.GIVEN}`); });",
    "test('slow', { skip: 'it would cost an hour' }, () => {});",
  ];
  await writeFile(join(folder, 'some.mjs'), lines.join('\n'));
  const script = `
    import { runSuite } from ${JSON.stringify(join(root, 'tools/conformance/run-suite.ts'))};
    const account = { variable: 'GIVEN', endpointField: 'Endpoint', warning: '' };
    const suite = { name: 'cosmos', title: 'Some', pattern: 'some.mjs', account };
    const run = { suite, connectionString: 'given' };
    const facts = await runSuite(run, { root: ${JSON.stringify(`${folder}/`)}, onFact: () => undefined });
    console.log(JSON.stringify(facts));`;
  await writeFile(join(folder, 'run.mjs'), script);
  // A process of its own: inside of a test, a run of tests is told nothing.
  const output = await new Promise<string>((resolve) => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(folder, 'run.mjs')],
      { env },
      (_error, stdout) => resolve(stdout),
    );
  });

  assert.deepEqual(JSON.parse(output), [
    { name: 'good', file: 'some.mjs', result: { kind: 'passed' } },
    { name: 'bad', file: 'some.mjs', result: { kind: 'failed', error: 'not as given' } },
    { name: 'slow', file: 'some.mjs', result: { kind: 'skipped', reason: 'it would cost an hour' } },
  ]);
});
