import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Each bad line, the file that it would stand in, and the rule that has to report it. */
const bad = [
  { file: 'shared/bucket/reads-sdk.ts', text: "import 'openai';", rule: 'no-restricted-imports' },
  { file: 'shared/bucket/reads-files.ts', text: "import 'node:fs/promises';", rule: 'no-restricted-imports' },
  {
    file: 'shared/bucket/imports-adapter.ts',
    text: "import './cosmos-bucket-store.ts';",
    rule: 'no-restricted-imports',
  },
  { file: 'shared/bucket/imports-later-room.ts', text: "import '../jobs/job-id.ts';", rule: 'no-restricted-imports' },
  { file: 'shared/jobs/imports-use-case.ts', text: "import '../pipeline/run-job.ts';", rule: 'no-restricted-imports' },
  {
    file: 'shared/pipeline/imports-operators.ts',
    text: "import '../dead-letters/erase-jobs.ts';",
    rule: 'no-restricted-imports',
  },
  { file: 'shared/jobs/cosmos-imports-later.ts', text: "import '../lanes/lane.ts';", rule: 'no-restricted-imports' },
  {
    file: 'shared/pipeline/knows-stack.ts',
    text: "import '../../local/start-stack.ts';",
    rule: 'no-restricted-imports',
  },
  {
    file: 'shared/pipeline/knows-host.ts',
    text: "import '../../functions/problem.ts';",
    rule: 'no-restricted-imports',
  },
  {
    file: 'functions/imports-adapter.ts',
    text: "import '../shared/jobs/cosmos-job-store.ts';",
    rule: 'no-restricted-imports',
  },
  { file: 'local/cosmos/imports-app.ts', text: "import '../../shared/errors.ts';", rule: 'no-restricted-imports' },
  { file: 'shared/lanes/reads-clock.ts', text: 'export const now = Date.now();', rule: 'no-restricted-globals' },
  {
    file: 'shared/lanes/reads-process.ts',
    text: "export const key = process.env['KEY'];",
    rule: 'no-restricted-globals',
  },
  { file: 'shared/lanes/rolls-dice.ts', text: 'export const roll = Math.random();', rule: 'no-restricted-properties' },
  { file: 'shared/lanes/any.ts', text: 'export const thing: any = 1;', rule: 'no-explicit-any' },
  {
    file: 'shared/lanes/cast.ts',
    text: 'export const one = JSON.parse("1") as number;',
    rule: 'consistent-type-assertions',
  },
  { file: 'functions/floats.ts', text: 'void 0;\nPromise.resolve(1).then(String);', rule: 'no-floating-promises' },
  { file: 'shared/lanes/default.ts', text: 'export default 1;', rule: 'no-default-export' },
] as const;

const good = {
  file: 'shared/pipeline/good.ts',
  text: "import { isJobId } from '../jobs/job-id.ts';\n\nexport const isGood = isJobId('a');\n",
};

const outputSchema = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

let tree: string;
let reported: Map<string, readonly string[]>;

/** A tree like the project's, with the project's own configuration, and one bad file for each rule. */
before(async () => {
  tree = await mkdtemp(join(tmpdir(), 'sluice-lint-'));
  for (const { file, text } of [...bad, good]) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await writeFile(join(tree, file), `${text}\n`);
  }
  for (const file of ['oxlint.config.ts', 'tsconfig.json', 'package.json', 'shared/jobs/job-id.ts']) {
    await cp(join(root, file), join(tree, file));
  }
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  const oxlint = join(root, 'node_modules/.bin/oxlint');
  const run = spawnSync(oxlint, ['-c', 'oxlint.config.ts', '-f', 'json'], {
    cwd: tree,
    encoding: 'utf8',
  });
  const { diagnostics } = outputSchema.parse(JSON.parse(run.stdout));
  const byFile = Map.groupBy(diagnostics, (one) => one.filename);
  reported = new Map([...byFile].map(([file, found]) => [file, found.map((one) => one.code)]));
});

after(async () => {
  await rm(tree, { recursive: true, force: true });
});

for (const { file, rule } of bad) {
  test(`the linter reports ${file} by ${rule}`, () => {
    const codes = reported.get(file) ?? [];
    assert.ok(
      codes.some((code) => code.includes(`(${rule})`)),
      `reported: ${codes.join(', ') || 'nothing'}`,
    );
  });
}

test('the linter reports nothing of a file that keeps the rules', () => {
  assert.deepEqual(reported.get(good.file) ?? [], []);
});
