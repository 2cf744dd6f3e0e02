import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJobEnvelope } from '../../shared/jobs/job-envelope.ts';
import { parseJobMessage } from '../../shared/jobs/job-message.ts';
import { readShortJson } from '../../shared/json/read-json.ts';
import { readMessage } from '../../shared/pipeline/read-message.ts';
import { isJsonObject } from '../../shared/tokens/json-guards.ts';
import { pipelineRig } from '../fakes/pipeline-rig.ts';
import { settingsFor } from './fuzz-settings.ts';
import { fuzzJob, hostileText } from './hostile-jobs.ts';

const deps = pipelineRig().process();

test('a job is taken whole or refused with the path of each problem, over HTTP and on a queue alike', async () => {
  await fc.assert(
    fc.asyncProperty(fuzzJob, async ({ text, isWhole }) => {
      const json = readShortJson(text);
      const envelope = json.kind === 'read' ? parseJobEnvelope(json.value) : json;
      const message = await readMessage(deps, {
        body: new TextEncoder().encode(text),
        messageId: 'm',
        batchId: undefined,
      });

      if (envelope.kind === 'invalid') {
        assert.ok(envelope.problems.length > 0 && envelope.problems.every(({ message: what }) => what !== ''));
      }
      assert.ok(!isWhole || envelope.kind === 'valid', JSON.stringify(envelope));
      const isStored = json.kind === 'read' && isJsonObject(json.value) && Object.hasOwn(json.value, 'requestRef');
      const isLongId = message.kind === 'invalid' && message.problems.some(({ path }) => path === 'id');
      if (!isStored && !isLongId) {
        assert.equal(message.kind === 'job', envelope.kind === 'valid');
      }
    }),
    settingsFor(1),
  );
});

test('what was read is what is sent: its JSON is read again to the same job, with the same digest', async () => {
  await fc.assert(
    fc.asyncProperty(fuzzJob, async ({ text }) => {
      const read = await readMessage(deps, { body: text, messageId: 'm', batchId: undefined });
      fc.pre(read.kind === 'job');
      const again = await readMessage(deps, {
        body: new TextEncoder().encode(JSON.stringify(read.job.envelope)),
        messageId: 'other',
        batchId: undefined,
      });

      assert.ok(again.kind === 'job');
      assert.equal(again.job.digest, read.job.digest);
      assert.equal(again.job.id, read.job.id);
      assert.equal(JSON.stringify(again.job.envelope.request), JSON.stringify(read.job.envelope.request));
    }),
    settingsFor(0.25),
  );
});

test('no key or value reaches a prototype', () => {
  fc.assert(
    fc.property(fuzzJob, hostileText, ({ text }, messageId) => {
      const before = Object.getOwnPropertyNames(Object.prototype).length;
      parseJobMessage({ body: text, messageId, batchId: messageId });

      assert.equal(Object.getOwnPropertyNames(Object.prototype).length, before);
    }),
    settingsFor(0.25),
  );
});
