import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { joinSignals } from '../../../shared/pipeline/join-signals.ts';

test('a joined signal aborts with the first of its signals', () => {
  const first = new AbortController();
  const second = new AbortController();
  const joined = joinSignals([first.signal, second.signal]);
  assert.equal(joined.signal.aborted, false);

  second.abort();

  assert.equal(joined.signal.aborted, true);
});

test('a signal that was aborted before aborts the joined one at once', () => {
  assert.equal(joinSignals([new AbortController().signal, AbortSignal.abort()]).signal.aborted, true);
});

test('a released signal leaves nothing on those that it joined', () => {
  const longLived = new AbortController();
  const joined = joinSignals([longLived.signal, new AbortController().signal]);

  joined.release();
  longLived.abort();

  assert.equal(getEventListeners(longLived.signal, 'abort').length, 0);
  assert.equal(joined.signal.aborted, false);
});
