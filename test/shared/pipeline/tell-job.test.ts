import assert from 'node:assert/strict';
import { test } from 'node:test';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { spanNames } from '../../../shared/telemetry/names.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig } from '../../fakes/pipeline-rig.ts';

const submitter = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01';
const secret = 'a secret prompt';

async function ranOne(): Promise<PipelineRig> {
  const rig = pipelineRig();
  const submission = { envelope: chatJob(secret, { id: 'a' }), fallbackId: 'x', batchId: undefined };
  await rig.clock.run(submitJobs(rig.process(), [submission], submitter));
  startApp(rig);
  await untilDrained(rig);
  return rig;
}

test('the span of a job is a child of its submitter, linked to its pump; the call is a child of the job', async () => {
  const { telemetry } = await ranOne();
  const job = telemetry.spans.find(({ name }) => name === spanNames.job);
  const pump = telemetry.spans.find(({ name }) => name === spanNames.pump);
  const call = telemetry.spans.find(({ kind }) => kind === 'client');
  assert.ok(job !== undefined && pump !== undefined && call !== undefined);

  assert.equal(job.traceId, '0123456789abcdef0123456789abcdef');
  assert.equal(job.parentSpanId, '0123456789abcdef');
  assert.deepEqual(job.links, [pump.spanId]);
  assert.equal(call.parentSpanId, job.spanId);
  assert.equal(call.traceId, job.traceId);
  assert.ok(job.endMs !== undefined && call.endMs !== undefined);
});

test('one record is made of one call, in the trace of its job', async () => {
  const { telemetry } = await ranOne();

  assert.equal(telemetry.records.length, 1);
  assert.equal(telemetry.records[0]?.traceId, '0123456789abcdef0123456789abcdef');
});

test('nothing of a prompt or an answer is in the telemetry (T1)', async () => {
  const { telemetry } = await ranOne();

  const told = JSON.stringify([telemetry.spans, telemetry.records]);
  assert.ok(told.length > 500);
  assert.ok(!told.includes(secret) && !told.includes('Hello'));
});

test('the settlement of a job and how it ended are on its span', async () => {
  const { telemetry } = await ranOne();
  const job = telemetry.spans.find(({ name }) => name === spanNames.job);

  const values = Object.values(job?.fields ?? {});
  assert.ok(values.includes('complete') && values.includes('completed'));
});
