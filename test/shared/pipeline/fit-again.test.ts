import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEnvelope, JobOptions } from '../../../shared/jobs/job-envelope.ts';
import type { JsonObject } from '../../../shared/json.ts';
import type { CallOutcome, CallVerdict } from '../../../shared/models/call-outcome.ts';
import { checkJob, type JobFigures } from '../../../shared/pipeline/check-job.ts';
import { fitAgain } from '../../../shared/pipeline/fit-again.ts';
import { pipelineRig } from '../../fakes/pipeline-rig.ts';

/** The window is 1,000 tokens by the catalogue; what the service says of it is another matter. */
const deps = pipelineRig({ overrides: [{ name: 'gpt-4o-mini', contextWindow: 1000 }] }).process();

const says = (role: string, tokens: number): JsonObject => ({ role, content: 'abc '.repeat(tokens) });

/** Turns of 100 tokens each, by our count; the newest has 100 as well. */
const turns = (count: number): readonly JsonObject[] => Array.from({ length: count }, () => says('user', 96));

function job(messages: readonly JsonObject[], onOverflow: JobOptions['onOverflow']): JobEnvelope {
  const body = { model: 'gpt-4o-mini', messages, max_tokens: 200 };
  return { request: { method: 'POST', url: '/v1/chat/completions', body }, options: { onOverflow } };
}

type Refused = Extract<CallVerdict, { readonly kind: 'refused' }>;

function refusal(details: JsonObject, more: Partial<Refused> = {}): CallOutcome {
  const reason = 'ContextLengthExceeded';
  const verdict = {
    kind: 'refused' as const,
    reason,
    code: 'context_length_exceeded',
    message: 'Too long.',
    details,
  } as const;
  const rateLimit = {
    limitTokens: undefined,
    remainingTokens: undefined,
    limitRequests: undefined,
    remainingRequests: undefined,
  };
  return { ...verdict, ...more, status: 400, requestId: 'r', latencyMs: 5, timeToFirstChunkMs: undefined, rateLimit };
}

async function sentOf(envelope: JobEnvelope): Promise<JobFigures> {
  const check = await checkJob(deps, envelope);
  assert.ok(check.kind === 'runnable', JSON.stringify(check));
  return check;
}

test('trim: a service that counts more gets fewer turns: as many as its own count says', async () => {
  const envelope = job(turns(7), 'trim');
  const sent = await sentOf(envelope);

  const again = await fitAgain(deps, {
    envelope,
    sent,
    outcome: refusal({ windowTokens: 1000, requestedTokens: 1030, promptTokens: 830, outputTokens: 200 }),
  });

  assert.equal(sent.promptTokens, 703);
  assert.ok(again !== undefined);
  assert.deepEqual(again.fitting, {
    kind: 'trimmed',
    droppedTurns: 1,
    droppedMessages: 1,
    droppedTokens: 100,
    keptMessages: 6,
    keptTokens: 603,
    correction: { contextTokens: 1000, inputTokens: 1000, uncountedTokens: 127 },
  });
  assert.equal(again.promptTokens, 603);
});

test('trim: what was trimmed already is trimmed further', async () => {
  const envelope = job(turns(12), 'trim');
  const sent = await sentOf(envelope);

  const again = await fitAgain(deps, { envelope, sent, outcome: refusal({ windowTokens: 600, requestedTokens: 703 }) });

  assert.partialDeepStrictEqual(sent.fitting, { droppedTurns: 5 });
  assert.partialDeepStrictEqual(again?.fitting, { droppedTurns: 7, keptTokens: 503 });
});

test('trim: a service that gives no figures gets a twentieth less', async () => {
  const envelope = job(turns(7), 'trim');

  const again = await fitAgain(deps, { envelope, sent: await sentOf(envelope), outcome: refusal({}) });

  assert.partialDeepStrictEqual(again?.fitting, { droppedTurns: 1, keptTokens: 603 });
});

test('reduce-output: the output is lowered to the room that the service says there is', async () => {
  const envelope = job(turns(7), 'reduce-output');

  const again = await fitAgain(deps, {
    envelope,
    sent: await sentOf(envelope),
    outcome: refusal({ windowTokens: 1000, requestedTokens: 1030, promptTokens: 830, outputTokens: 200 }),
  });

  assert.equal(again?.request.body['max_tokens'], 170);
  assert.equal(again.promptTokens, 703);
});

test('the count is corrected once: a second refusal stands', async () => {
  const envelope = job(turns(7), 'trim');
  const outcome = refusal({ windowTokens: 900, requestedTokens: 1000, outputTokens: 200 });
  const again = await fitAgain(deps, { envelope, sent: await sentOf(envelope), outcome });
  assert.ok(again !== undefined);

  assert.equal(await fitAgain(deps, { envelope, sent: again, outcome }), undefined);
});

const standing: readonly (readonly [string, JobEnvelope, CallOutcome])[] = [
  [
    'the job is to be dead-lettered',
    job(turns(7), 'dead-letter'),
    refusal({ windowTokens: 500, requestedTokens: 900 }),
  ],
  ['the job does not say', job(turns(7), undefined), refusal({ windowTokens: 500, requestedTokens: 900 })],
  ['one text is too long', job(turns(7), 'trim'), refusal({}, { code: 'string_above_max_length' })],
  ['it is refused for another reason', job(turns(7), 'trim'), refusal({}, { reason: 'InvalidRequest' })],
  ['there is only one turn', job(turns(1), 'trim'), refusal({ windowTokens: 100, requestedTokens: 120 })],
  [
    'the newest turn alone is over the window that the service tells',
    job(turns(7), 'trim'),
    refusal({ windowTokens: 100, requestedTokens: 720 }),
  ],
  [
    'the window that the service tells leaves no room for an answer',
    job(turns(7), 'reduce-output'),
    refusal({ windowTokens: 700, requestedTokens: 903, outputTokens: 200 }),
  ],
];

for (const [name, envelope, outcome] of standing) {
  test(`the refusal stands when ${name}`, async () => {
    assert.equal(await fitAgain(deps, { envelope, sent: await sentOf(envelope), outcome }), undefined);
  });
}
