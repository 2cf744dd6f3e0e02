import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import { replayJob } from '../../../shared/jobs/job-transitions.ts';

test('a replay forgets how the job was made to fit: it may go to another model, with another window', () => {
  const correction = { contextTokens: 1000, inputTokens: 1000, uncountedTokens: 10 };
  const dead: JobDocument = {
    id: 'a',
    v: 1,
    state: 'dead-lettered',
    pool: 'p',
    model: 'm',
    digest: 'd',
    createdAt: 1,
    epoch: 0,
    fitting: { kind: 'output-reduced', fromTokens: 300, toTokens: 200, correction },
  };

  const replayed = replayJob(dead, { digest: 'e', requestRef: 'r', pool: 'q', model: 'n' }, 5);

  assert.ok(!('fitting' in replayed));
});
