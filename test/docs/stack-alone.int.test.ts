import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { startChild } from '../../local/child-process.ts';
import { readStackOptions } from '../../local/start/stack-options.ts';
import { environmentLines } from '../../local/start/stack-welcome.ts';
import { blocks, section } from './readme.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const alone = section('## The stack by itself');
const ready = z.object({ connections: z.record(z.string(), z.string()) });

const folder = await mkdtemp(join(tmpdir(), 'stack-alone-'));
const args = [join(root, 'local/stack.ts'), '--bare', '--free-ports', '--json', '--folder', folder];
const stack = await startChild({ name: 'The stack', args, cwd: root });
after(async () => {
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
});

const { connections } = ready.parse(stack.ready);

async function run(script: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-'], {
    cwd: root,
    env: { ...process.env, ...connections },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(script);
  const closed = once(child, 'close');
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  assert.equal(child.exitCode, 0, errors);
  return output;
}

describe('the snippets of the README run on a stack that knows nothing of Sluice', { concurrency: 2 }, () => {
  const expected = [
    ['@azure/service-bus', /^received \{ order: 1 \}$/mu],
    ['@azure/cosmos', /^sum 10$/mu],
    ['openai', /^tokens \d+ left \d+$/mu],
    ['@azure/storage-blob', /^blob hello$/mu],
  ] as const;
  for (const [index, [sdk, output]] of expected.entries()) {
    test(sdk, async () => {
      const snippet = blocks(alone, 'js')[index] ?? '';
      assert.ok(snippet.includes(`from '${sdk}'`));
      assert.match(await run(snippet), output);
    });
  }

  test('there are no others', () => {
    assert.equal(blocks(alone, 'js').length, expected.length);
  });
});

test('every line that starts the stack names options that there are', () => {
  const pages = ['README.md', 'docs/stack.md'].map((page) => readFileSync(join(root, page), 'utf8'));
  const lines = pages.flatMap((page) => [...page.matchAll(/npm run (?:-s )?stack -- ((?:'[^']*'|[^'\n`#>])*)/gu)]);
  for (const [line, given = ''] of lines) {
    const parts = given.match(/'[^']*'|\S+/gu) ?? [];
    const read = readStackOptions(
      parts.map((part) => part.replaceAll("'", '')),
      {},
    );
    assert.equal(read.kind, 'run', `${line}: ${JSON.stringify(read)}`);
  }
  assert.ok(lines.length > 2);
});

test('the settings are lines of a .env file', () => {
  assert.deepEqual({ ...parseEnv(environmentLines(connections).join('\n')) }, connections);
});
