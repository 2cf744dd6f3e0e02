import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JobEnvelope, JobOptions } from '../../../shared/jobs/job-envelope.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { checkJob, type JobCheck, type JobFigures } from '../../../shared/pipeline/check-job.ts';
import { poolCost } from '../../../shared/pools/pool-cost.ts';
import { pipelineRig, regionOf } from '../../fakes/pipeline-rig.ts';

/** A model whose window is 1,000 tokens; four characters are a token. */
const rig = pipelineRig({ overrides: [{ name: 'gpt-4o-mini', contextWindow: 1000 }] });
const deps = rig.process();

const says = (role: string, tokens: number): JsonObject => ({ role, content: 'abc '.repeat(tokens) });

const conversation = [says('system', 50), says('user', 400), says('assistant', 400), says('user', 300)];

function job(
  messages: readonly JsonObject[],
  options: JobOptions,
  fields: JsonObject = { max_tokens: 100 },
): JobEnvelope {
  return {
    request: { method: 'POST', url: '/v1/chat/completions', body: { model: 'gpt-4o-mini', messages, ...fields } },
    options,
  };
}

function assertRunnable(check: JobCheck): asserts check is JobFigures & { kind: 'runnable' } {
  assert.equal(check.kind, 'runnable', JSON.stringify(check));
}

test('a trimmed job is judged by what is sent: its tokens, its worst case and its cost', async () => {
  const check = await checkJob(deps, job(conversation, { onOverflow: 'trim' }));

  assertRunnable(check);
  assert.deepEqual(check.request.body, {
    model: 'gpt-4o-mini',
    messages: [conversation[0], conversation[3]],
    max_tokens: 100,
  });
  assert.equal(check.promptTokens, 3 + 3 + 2 + 50 + 3 + 1 + 300);
  assert.equal(check.worstCaseTokens, check.promptTokens + 100);
  assert.partialDeepStrictEqual(check.fitting, {
    kind: 'trimmed',
    droppedTurns: 1,
    droppedMessages: 2,
    keptMessages: 2,
  });
  assert.equal(poolCost(check.pool, check.request), 51 + 301 + 100);
});

test('a job that asks for less output keeps its messages', async () => {
  const messages = conversation.slice(2);

  const check = await checkJob(deps, job(messages, { onOverflow: 'reduce-output' }, { max_completion_tokens: 400 }));

  assertRunnable(check);
  const room = 1000 - check.promptTokens;
  assert.deepEqual(check.request.body, { model: 'gpt-4o-mini', messages, max_completion_tokens: room });
  assert.deepEqual(check.fitting, { kind: 'output-reduced', fromTokens: 400, toTokens: room });
  assert.equal(check.worstCaseTokens, 1000);
});

test('a job that fits is sent as it is, whatever it asks for', async () => {
  const envelope = job([says('user', 10)], { onOverflow: 'trim' });

  const check = await checkJob(deps, envelope);

  assertRunnable(check);
  assert.deepEqual(check.request, envelope.request);
  assert.equal(check.fitting, undefined);
});

test('what trimming brings under the quota and the cap is not refused for them', async () => {
  const small = pipelineRig({
    overrides: [{ name: 'gpt-4o-mini', contextWindow: 1000 }],
    regions: [regionOf('east', ['gpt-4o-mini'], { tokensPerMinute: 500 })],
  });

  const check = await checkJob(small.process(), job(conversation, { onOverflow: 'trim', maxCostUsd: 0.00015 }));

  assertRunnable(check);
});

const misfits: readonly (readonly [string, JobEnvelope, RegExp, JsonObject])[] = [
  ['dead-letter, the default', job(conversation, {}), /Shorten the largest/u, { windowTokens: 1000 }],
  [
    'trim, when what is kept is too long',
    job([says('system', 500), says('user', 100), says('user', 500)], { onOverflow: 'trim' }),
    /\(messages: 2\), has 1012 tokens, 112 too many; what may be dropped \(messages: 1\) has 104/u,
    { keptMessages: 2, keptTokens: 1012, keptOverByTokens: 112, droppedMessages: 1, droppedTokens: 104 },
  ],
  [
    'reduce-output, when the prompt leaves no room',
    job([says('user', 500), says('user', 480)], { onOverflow: 'reduce-output' }),
    /leaves room for 9 tokens of output/u,
    { onOverflow: 'reduce-output', roomTokens: 9, leastOutputTokens: 16 },
  ],
  [
    'reduce-output, when there is no output to lower',
    job([says('user', 1000)], { onOverflow: 'reduce-output' }, {}),
    /names no maximum output/u,
    { onOverflow: 'reduce-output' },
  ],
];

for (const [name, envelope, sentence, figures] of misfits) {
  test(`what does not fit is refused with what would help: ${name}`, async () => {
    const check = await checkJob(deps, envelope);

    assert.ok(check.kind === 'refused');
    assert.equal(check.deadLetter.reason, 'ContextLengthExceeded');
    assert.match(check.deadLetter.description, sentence);
    assert.partialDeepStrictEqual(check.deadLetter.figures, figures);
  });
}

test('an embeddings request cannot be trimmed, and is told so', async () => {
  const embedding = pipelineRig({ regions: [regionOf('east', ['text-embedding-3-small'])] });
  const body = { model: 'text-embedding-3-small', input: 'abcd'.repeat(9000) };

  const check = await checkJob(embedding.process(), {
    request: { method: 'POST', url: '/v1/embeddings', body },
    options: { onOverflow: 'trim' },
  });

  assert.ok(check.kind === 'refused');
  assert.match(check.deadLetter.description, /the request has none/u);
});

test('of a conversation of many windows only the newest are counted, in turns of the event loop', async () => {
  const long = [
    says('system', 50),
    ...Array.from({ length: 400 }, (_, index) => says(index % 2 ? 'assistant' : 'user', 250)),
  ];
  let [counted, turns] = [0, 0];
  const counter = {
    ...deps.counter,
    countText: (text: string, ...rest: [Parameters<typeof deps.counter.countText>[1]]) => {
      counted += text.length;
      return deps.counter.countText(text, ...rest);
    },
  };
  const yieldToEventLoop = async (): Promise<void> => void (turns += 1);

  const check = await checkJob(
    { ...deps, counter, yieldToEventLoop },
    job([...long, says('user', 10)], { onOverflow: 'trim' }),
  );

  assertRunnable(check);
  assert.partialDeepStrictEqual(check.fitting, { keptMessages: 4, droppedMessages: 398 });
  assert.ok(check.promptTokens <= 900);
  assert.ok(counted < 4 * 4500, `${counted} characters were counted`);
  assert.ok(turns >= 3);
});
