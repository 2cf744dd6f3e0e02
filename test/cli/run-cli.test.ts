import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../../cli/run-cli.ts';

/** Runs a command line that must not reach any app: nothing listens on port 1. */
async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly said: string; readonly warned: string }> {
  const [said, warned]: [string[], string[]] = [[], []];
  const code = await runCli(args, {
    environment: { SLUICE_URL: 'http://127.0.0.1:1' },
    say: (text) => void said.push(text),
    warn: (text) => void warned.push(text),
    ask: undefined,
  });
  return { code, said: said.join('\n'), warned: warned.join('\n') };
}

test('without arguments, and when asked, it names every command', async () => {
  for (const args of [[], ['--help'], ['help'], ['dead-letters', '--help']]) {
    const { code, said } = await run(...args);
    assert.equal(code, 0);
    for (const command of [
      'status',
      'pools',
      'pause',
      'resume',
      'dead-letters list',
      'dead-letters replay',
      'dead-letters purge',
    ]) {
      assert.ok(said.includes(command), `${args.join(' ')}: ${command}`);
    }
  }
});

test('each command explains its options', async () => {
  const { code, said } = await run('dead-letters', 'replay', '--help');

  assert.equal(code, 0);
  for (const option of ['--reason', '--model', '--on-overflow', '--dry-run', '--url', '--json']) {
    assert.ok(said.includes(option), option);
  }
});

test('what cannot be meant is refused with exit code 2, before anything is called', async () => {
  const lines = [
    ['nonsense'],
    ['dead-letters', 'nonsense'],
    ['status', '--colour', 'red'],
    ['status', '--url', 'nonsense'],
    ['status', '--timeout', 'soon'],
    ['pause'],
    ['pause', 'a', 'b'],
    ['pause', 'a', '--all'],
    ['resume'],
    ['dead-letters', 'replay'],
    ['dead-letters', 'replay', 'a', '--all'],
    ['dead-letters', 'replay', '--all', '--limit', '0'],
    ['dead-letters', 'replay', '--all', '--max-cost-usd', 'much'],
    ['dead-letters', 'purge', '--all'],
    ['dead-letters', 'purge', '--message', 'jobs', '--yes'],
    ['dead-letters', 'purge', '--message', 'jobs~1', '--all', '--yes'],
    ['dead-letters', 'purge', '--message', 'jobs~1', '--before', '2026-01-31T08:00:00Z', '--yes'],
    ['dead-letters', 'purge', '--message', 'jobs~1', '--limit', '1', '--yes'],
    ['dead-letters', 'list', 'UnknownModel'],
    ['status', 'gpt-4o'],
    ['pools', 'gpt-4o'],
  ];
  for (const args of lines) {
    const { code, warned } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.notEqual(warned, '', args.join(' '));
  }
});
