import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchItem, type PatchOperation } from '../../../local/cosmos/items/patch-item.ts';
import { readPatchRequest } from '../../../local/cosmos/items/patch-request.ts';

const item = { id: 'a', n: 1, list: [1, 2, 3], nested: { x: { y: 1 } }, 'a/b~c': 1, text: 'x' };
const guarded = [['id'], ['_etag'], ['tenant', 'key']];

function patch(...operations: PatchOperation[]) {
  return patchItem(item, operations, guarded);
}

test('incr adds, and makes what is missing', () => {
  const patched = patch({ op: 'incr', path: '/n', value: -3 }, { op: 'incr', path: '/fresh', value: 2 });

  assert.equal(patched['n'], -2);
  assert.equal(patched['fresh'], 2);
});

test('incr reaches into arrays and objects', () => {
  const patched = patch({ op: 'incr', path: '/list/2', value: 4 }, { op: 'incr', path: '/nested/x/y', value: 1 });

  assert.deepEqual(patched['list'], [1, 2, 7]);
  assert.deepEqual(patched['nested'], { x: { y: 2 } });
});

test('add pushes the elements of an array aside, set takes the place of one', () => {
  assert.deepEqual(patch({ op: 'add', path: '/list/1', value: 9 })['list'], [1, 9, 2, 3]);
  assert.deepEqual(patch({ op: 'set', path: '/list/1', value: 9 })['list'], [1, 9, 3]);
  assert.deepEqual(patch({ op: 'add', path: '/list/3', value: 9 })['list'], [1, 2, 3, 9]);
  assert.deepEqual(patch({ op: 'add', path: '/list/-', value: 9 })['list'], [1, 2, 3, 9]);
});

test('set makes a property, and replaces one of any type', () => {
  const patched = patch({ op: 'set', path: '/fresh', value: { a: [] } }, { op: 'set', path: '/n', value: null });

  assert.deepEqual([patched['fresh'], patched['n']], [{ a: [] }, null]);
});

test('remove and move take a value from its place', () => {
  assert.deepEqual(patch({ op: 'remove', path: '/list/0' })['list'], [2, 3]);
  const moved = patch({ op: 'move', from: '/nested/x', path: '/n' });
  assert.deepEqual([moved['nested'], moved['n']], [{}, { y: 1 }]);
});

test('a pointer escapes / and ~', () => {
  assert.equal(patch({ op: 'replace', path: '/a~1b~0c', value: 2 })['a/b~c'], 2);
});

test('a property called __proto__ is a property', () => {
  const patched = patch({ op: 'set', path: '/__proto__', value: { polluted: true } });

  assert.equal(Object.hasOwn(patched, '__proto__'), true);
  assert.equal(Object.getPrototypeOf(patched), Object.prototype);
});

test('the item that was given stays as it is', () => {
  const before = structuredClone(item);

  patch({ op: 'set', path: '/nested/x/y', value: 5 }, { op: 'remove', path: '/list/0' });

  assert.deepEqual(item, before);
});

const refusals: readonly (readonly [PatchOperation, RegExp])[] = [
  [{ op: 'replace', path: '/none', value: 1 }, /replace needs a value that exists/u],
  [{ op: 'remove', path: '/none' }, /remove needs a value that exists/u],
  [{ op: 'remove', path: '/list/3' }, /remove needs a value that exists/u],
  [{ op: 'incr', path: '/text', value: 1 }, /incr needs a number/u],
  [{ op: 'set', path: '/none/deeper', value: 1 }, /cannot create path recursively/u],
  [{ op: 'set', path: '/n/deeper', value: 1 }, /cannot create path recursively/u],
  [{ op: 'add', path: '/list/5', value: 1 }, /no index of the array/u],
  [{ op: 'add', path: '/list/01', value: 1 }, /no index of the array/u],
  [{ op: 'move', from: '/none', path: '/x' }, /exists at from/u],
  [{ op: 'move', from: '/nested', path: '/nested/x/z' }, /inside of from/u],
  [{ op: 'set', path: 'n', value: 1 }, /starts with/u],
  [{ op: 'set', path: '/12345678901234567890', value: 1 }, /length longer than expected/u],
  [{ op: 'set', path: '/id', value: 'b' }, /may not be patched/u],
  [{ op: 'set', path: '/tenant', value: {} }, /may not be patched/u],
  [{ op: 'move', from: '/_etag', path: '/x' }, /may not be patched/u],
];

for (const [operation, message] of refusals) {
  test(`is refused: ${operation.op} ${operation.path}`, () => {
    assert.throws(() => patch(operation), { code: 'BadRequest', message });
  });
}

test('a patch has one to ten operations', () => {
  const operation = { op: 'incr', path: '/n', value: 1 };

  assert.equal(readPatchRequest(Array.from({ length: 10 }, () => operation)).operations.length, 10);
  assert.throws(() => readPatchRequest(Array.from({ length: 11 }, () => operation)), { code: 'BadRequest' });
  assert.throws(() => readPatchRequest({ operations: [] }), { code: 'BadRequest' });
});

test('a patch of an unknown operation is refused', () => {
  assert.throws(() => readPatchRequest([{ op: 'copy', from: '/a', path: '/b' }]), { code: 'BadRequest' });
});
