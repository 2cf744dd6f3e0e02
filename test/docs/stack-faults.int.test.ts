import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { faultRowNames } from '../../local/azure-openai/faults/fault-rows.ts';
import { refusalNames } from '../../local/service-bus/service-bus-faults.ts';
import { stackForTest } from '../local/faults/stack-for-test.ts';

const { admin } = await stackForTest();
const text = await readFile(new URL('../../docs/stack-faults.md', import.meta.url), 'utf8');

test('every example of docs/stack-faults.md is answered', async () => {
  const examples = text.matchAll(/^curl (?:-X (?<method>\w+) )?\$admin\/(?<path>\S+)(?: -d '(?<body>[^']+)')?$/gmu);
  let tried = 0;
  for (const { groups = {} } of examples) {
    const { body, method = 'GET', path = '' } = groups;
    await admin(method, path, body === undefined ? undefined : JSON.parse(body));
    tried += 1;
  }
  assert.equal(tried, text.match(/^curl /gmu)?.length);
});

test('docs/stack-faults.md names every row and every refusal', () => {
  for (const name of [...faultRowNames, ...refusalNames]) {
    assert.ok(text.includes(`\`${name}\``), name);
  }
});
