import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestName } from '../../../shared/payloads/payload-name.ts';
import { digestOf, readMessage } from '../../../shared/pipeline/read-message.ts';
import { chatJob, pipelineRig } from '../../fakes/pipeline-rig.ts';

/** Dependencies that count the turns that were asked for. */
function countingDeps() {
  const rig = pipelineRig();
  let turns = 0;
  let largestUs = 0;
  const yieldToEventLoop = async (workUs: number): Promise<void> => {
    turns += 1;
    largestUs = Math.max(largestUs, workUs);
  };
  return { ...rig.process(), yieldToEventLoop, turns: () => turns, largestUs: () => largestUs };
}

test('a large message is read in turns of the event loop, and so is a large stored request', async () => {
  const envelope = chatJob('word '.repeat(400_000), { id: 'a' });
  const deps = countingDeps();
  const body = new TextEncoder().encode(JSON.stringify(envelope));

  const read = await readMessage(deps, { body, messageId: undefined, batchId: undefined });

  assert.equal(read.kind, 'job');
  assert.ok(deps.turns() >= (2 * body.length) / 65_536, `${deps.turns()} turns`);
  assert.ok(deps.largestUs() <= 8000);

  const digest = await digestOf(deps, envelope);
  const ref = requestName('a', digest);
  await deps.payloads.put(ref, JSON.stringify(envelope.request));
  const before = deps.turns();
  const stored = { v: 1, id: 'a', requestRef: ref, digest };

  const again = await readMessage(deps, { body: stored, messageId: undefined, batchId: undefined });

  assert.equal(again.kind, 'job');
  assert.ok(deps.turns() - before >= (2 * body.length) / 65_536);
});

test('a stored request that is no JSON any more is told with its path', async () => {
  const deps = countingDeps();
  const ref = requestName('a', 'd'.repeat(64));
  const stored = { v: 1, id: 'a', requestRef: ref, digest: 'd'.repeat(64) };
  const pathOf = async (text: string): Promise<string | undefined> => {
    await deps.payloads.put(ref, text);
    const read = await readMessage(deps, { body: stored, messageId: undefined, batchId: undefined });
    return read.kind === 'invalid' ? read.problems[0]?.path : undefined;
  };

  assert.equal(await pathOf('{"body":{"n":1,"n":2}}'), 'request.body.n');
  assert.equal(await pathOf(''), 'request');
  assert.equal(await pathOf('[{'), 'request[0]');
});

test('a message of more than a job may hold is refused, however it is split', async () => {
  const deps = countingDeps();
  const wide = `{"id":"a","request":{"body":{"zz":[${'1,'.repeat(600_000)}1]}}}`;

  const read = await readMessage(deps, { body: wide, messageId: 'm', batchId: undefined });

  assert.deepEqual(read, {
    kind: 'invalid',
    id: 'm',
    problems: [{ path: '', message: 'the body holds more than 500000 values' }],
  });
});
