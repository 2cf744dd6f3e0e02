import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPayloadName, requestName, resultName } from '../../../shared/payloads/payload-name.ts';

const id = fc.stringMatching(/^[A-Za-z0-9._:-]{1,128}$/u);

test('a name made of any job id stays under our own prefix when it becomes part of an address', () => {
  fc.assert(
    fc.property(id, id, (jobId, attempt) => {
      for (const name of [requestName(jobId, 'd'.repeat(64)), resultName(jobId, attempt)]) {
        const path = new URL(`https://account.blob.core.windows.net/container/${name}`).pathname;
        assert.equal(path, `/container/${name}`);
        assert.ok(isPayloadName(name));
      }
    }),
  );
});

test('two different jobs or attempts never share a name', () => {
  fc.assert(
    fc.property(id, id, id, id, (job, attempt, otherJob, otherAttempt) => {
      fc.pre(job !== otherJob || attempt !== otherAttempt);
      assert.notEqual(resultName(job, attempt), resultName(otherJob, otherAttempt));
    }),
  );
});

test('an id that names may not hold is refused', () => {
  for (const jobId of ['', 'a/b', 'a~b', 'a b', 'ä', 'x'.repeat(129), '%2e', 'a\n']) {
    assert.throws(() => requestName(jobId, 'd'.repeat(64)), { code: 'payloads.invalid_name' });
    assert.throws(() => resultName('a', jobId), { code: 'payloads.invalid_name' });
  }
});
