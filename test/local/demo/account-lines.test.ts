import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountant } from '../../../local/demo/account-lines.ts';

const lines = ['a', 'b', 'c', 'd', 'e'].map((customId, index) => ({
  number: index + 1,
  customId,
  text: '{}',
  bytes: 2,
}));

const completed = (customId: string) => ({ id: `x-${customId}`, custom_id: customId, response: {}, error: null });
const failed = (customId: string, code: string) => ({
  id: `x-${customId}`,
  custom_id: customId,
  response: null,
  error: { code, message: 'why' },
});
const nothing = new Map<number, never>();

test('every line is counted once, by how it ended', () => {
  const accounts = accountant(lines);
  accounts.take(completed('a'));
  accounts.take(failed('b', 'ContentFiltered'));

  const { account, rest } = accounts.close({
    refused: new Map([[3, { reason: 'ContextLengthExceeded', description: 'too long' }]]),
    deadLetters: new Map([
      [2, { reason: 'ContentFiltered', description: 'its document tells the same' }],
      [4, { reason: 'InvalidJob', description: 'url' }],
    ]),
  });

  assert.equal(account.completed, 1);
  assert.deepEqual(account.deadLettered, { ContentFiltered: 1, ContextLengthExceeded: 1, InvalidJob: 1 });
  assert.deepEqual(account.refusedAtSubmit, { ContextLengthExceeded: 1 });
  assert.deepEqual(account.lost, [lines[4]]);
  assert.deepEqual(account.surplus, []);
  assert.deepEqual(
    rest.map((line) => [line.custom_id, line.response, line.error]),
    [
      ['c', null, { code: 'ContextLengthExceeded', message: 'too long' }],
      ['d', null, { code: 'InvalidJob', message: 'url' }],
    ],
  );
});

test('a second end of a line, and an end that no line asked for, are surplus', () => {
  const accounts = accountant(lines);
  accounts.take(completed('a'));
  accounts.take(completed('a'));
  accounts.take(failed('z', 'InvalidJob'));

  const { account } = accounts.close({ refused: nothing, deadLetters: nothing });

  assert.deepEqual(account.surplus, ['a', 'z']);
  assert.equal(account.completed, 1);
});
