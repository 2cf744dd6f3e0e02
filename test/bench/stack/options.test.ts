import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from '../../../bench/stack/options.ts';

test('every part is measured at full scale and without a soak when nothing is said', () => {
  const options = readOptions([]);

  assert.ok(options !== 'help');
  assert.deepEqual(
    options.parts.map(({ name }) => name),
    ['serviceBus', 'cosmos'],
  );
  assert.deepEqual({ scale: options.scale, soakMinutes: options.soakMinutes }, { scale: 1, soakMinutes: 0 });
});

test('one part can be measured, smaller, with a soak of some minutes', () => {
  const options = readOptions(['--only', 'cosmos', '--scale', '0.1', '--soak', '2.5']);

  assert.ok(options !== 'help');
  assert.deepEqual(
    options.parts.map(({ name }) => name),
    ['cosmos'],
  );
  assert.deepEqual({ scale: options.scale, soakMinutes: options.soakMinutes }, { scale: 0.1, soakMinutes: 2.5 });
});

test('help is told, and what cannot be measured is refused', () => {
  assert.equal(readOptions(['--help']), 'help');
  assert.throws(() => readOptions(['--only', 'blob']));
  assert.throws(() => readOptions(['--scale', '0']));
  assert.throws(() => readOptions(['--soak', '-1']));
});
