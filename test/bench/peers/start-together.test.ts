import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTogether } from '../../../bench/peers/start-together.ts';
import type { Child } from '../../../local/child-process.ts';

function fakeChild(pid: number, stopped: number[]): Child {
  return {
    name: String(pid),
    pid,
    ready: {},
    ended: Promise.resolve('0'),
    lastLines: () => [],
    stop: async () => {
      stopped.push(pid);
    },
    kill: async () => undefined,
  };
}

test('processes that start are given in their order', async () => {
  const children = await startTogether([1, 2].map(async (pid) => fakeChild(pid, [])));

  assert.deepEqual(
    children.map(({ pid }) => pid),
    [1, 2],
  );
});

test('when one process cannot be started, those that can are stopped, late ones too', async () => {
  const stopped: number[] = [];
  const late = Promise.withResolvers<Child>();
  const starting = startTogether([
    Promise.resolve(fakeChild(1, stopped)),
    Promise.reject(new Error('no second one')),
    late.promise,
  ]);
  setImmediate(() => late.resolve(fakeChild(3, stopped)));

  await assert.rejects(starting, /no second one/u);
  assert.deepEqual(stopped, [1, 3]);
});
