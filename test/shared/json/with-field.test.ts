import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withField } from '../../../shared/json/with-field.ts';

test('a field that is JSON already is written into an object as it is', () => {
  assert.equal(withField({ a: 'b' }, 'result', '{"n":1.00}'), '{"a":"b","result":{"n":1.00}}');
  assert.equal(withField({}, 'a"b', '[]'), String.raw`{"a\"b":[]}`);
});
