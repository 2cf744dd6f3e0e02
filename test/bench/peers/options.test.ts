import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contenderNames } from '../../../bench/peers/field.ts';
import { readOptions } from '../../../bench/peers/options.ts';

test('without arguments everybody runs on three seeds that are not the one for tuning, and docs is written', () => {
  const options = readOptions([]);

  assert.deepEqual(options?.contenders, contenderNames);
  assert.deepEqual(options?.seeds, [2, 3, 4]);
  assert.deepEqual(options?.windows, ['sliding']);
  assert.equal(options?.isTuned, true);
  assert.equal(options?.out, 'docs');
});

test('a run that is not complete writes nothing unless it is told where', () => {
  for (const args of [['--quick'], ['--seed', '5'], ['--contender', 'bullmq'], ['--no-tuning'], ['--windows', '4']]) {
    assert.equal(readOptions(args)?.out, undefined);
    assert.equal(readOptions([...args, '--out', 'there'])?.out, 'there');
  }
});

test('contenders and seeds may be given again, and contenders keep their order', () => {
  const options = readOptions(['--contender', 'bullmq', '--contender', 'sluice', '--seed', '7', '--seed', '8']);

  assert.deepEqual(options?.contenders, ['sluice', 'bullmq']);
  assert.deepEqual(options?.seeds, [7, 8]);
});

test('an argument that cannot be used is an error, and --help is no run', () => {
  assert.throws(() => readOptions(['--contender', 'nobody']));
  assert.throws(() => readOptions(['--window', 'round']));
  assert.throws(() => readOptions(['--wnidow', 'fixed']));
  assert.equal(readOptions(['--help']), undefined);
});
