import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readListing, readPurgeSelection, readReplaySelection } from '../../../shared/jobs/dead-letter-selection.ts';

function pathsOf(read: ReturnType<typeof readReplaySelection> | ReturnType<typeof readListing>): readonly string[] {
  return read.kind === 'invalid' ? read.problems.map(({ path }) => path) : [];
}

test('a selection of nothing is refused: everything has to be asked for', () => {
  assert.deepEqual(pathsOf(readReplaySelection({})), ['']);
  assert.deepEqual(pathsOf(readReplaySelection({ dryRun: true, limit: 5 })), ['']);
  assert.equal(readReplaySelection({ all: true }).kind, 'valid');
});

test('ids and a filter exclude each other, and an id counts once', () => {
  assert.deepEqual(pathsOf(readReplaySelection({ ids: ['a'], reason: 'Expired' })), ['ids']);
  const read = readReplaySelection({ ids: ['a', 'b', 'a'] });
  assert.deepEqual(read.kind === 'valid' && read.selection.ids, ['a', 'b']);
});

test('what is wrong is told with its path', () => {
  assert.deepEqual(pathsOf(readReplaySelection({ reason: 'Nonsense' })), ['reason']);
  assert.deepEqual(pathsOf(readReplaySelection({ ids: ['a', '../b'] })), ['ids[1]']);
  assert.deepEqual(pathsOf(readReplaySelection({ all: true, patch: { maxCostUsd: -1, modle: 'x' } })), [
    'patch.maxCostUsd',
    'patch.modle',
  ]);
  assert.deepEqual(pathsOf(readReplaySelection({ all: true, before: 'yesterday' })), ['before']);
  assert.deepEqual(pathsOf(readReplaySelection([])), ['']);
  assert.deepEqual(pathsOf(readReplaySelection({ all: true, limit: 501 })), ['limit']);
});

test('a filter is read into one of jobs', () => {
  const read = readReplaySelection({ reason: 'Expired', before: '2026-01-01T00:00:00Z', dryRun: true });

  assert.ok(read.kind === 'valid');
  assert.equal(read.selection.filter.endedBefore, Date.UTC(2026, 0, 1));
  assert.equal(read.selection.filter.reason, 'Expired');
  assert.equal(read.selection.isDryRun, true);
  assert.equal(read.selection.limit, 500);
});

test('a purge names messages that no document stands for', () => {
  const messages = [{ queue: 'jobs', sequenceNumber: '12' }];
  const read = readPurgeSelection({ messages });
  assert.deepEqual(read.kind === 'valid' && read.selection.messages, messages);

  const wrong = readPurgeSelection({ messages: [{ queue: 'jobs', sequenceNumber: 'x' }] });
  assert.deepEqual(wrong.kind === 'invalid' && wrong.problems.map(({ path }) => path), ['messages[0].sequenceNumber']);
  assert.equal(readPurgeSelection({ messages, all: true }).kind, 'invalid');
});

test('a list has pages of jobs and of messages', () => {
  const read = readListing({ reason: 'Expired', limit: '7', after: 'a', messagesAfter: 'jobs-gpt-4o~12' });

  assert.ok(read.kind === 'valid');
  assert.deepEqual(read.selection.messagesAfter, { queue: 'jobs-gpt-4o', sequenceNumber: '12' });
  assert.equal(read.selection.limit, 7);
  assert.deepEqual(pathsOf(readListing({ limit: '0', messagesAfter: 'x', colour: 'red' })).toSorted(), [
    'colour',
    'limit',
    'messagesAfter',
  ]);
});
