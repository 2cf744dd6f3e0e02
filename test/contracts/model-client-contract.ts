import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ModelClient, ModelRequest } from '../../shared/models/model-client.ts';

export interface ModelClientUnderTest {
  readonly client: ModelClient;
  /** A request that `client` completes with the text `Hello`. */
  readonly request: ModelRequest;
  /** Resolves when a call has arrived that will not be answered before its end; later calls are not answered. */
  readonly holdCalls: () => Promise<void>;
}

/** What every model client does, whatever it talks to. */
export function modelClientContract(name: string, open: (context: TestContext) => Promise<ModelClientUnderTest>): void {
  const signal = (): AbortSignal => new AbortController().signal;

  test(`model client (${name}): a completed call tells its completion, its usage and its facts`, async (context) => {
    const { client, request } = await open(context);

    const outcome = await client.call(request, signal());

    assert.ok(outcome.kind === 'completed');
    assert.partialDeepStrictEqual(outcome.completion.body, { choices: [{ message: { content: 'Hello' } }] });
    assert.equal(outcome.completion.finishReason, 'stop');
    assert.ok(outcome.completion.usage.totalTokens > 0);
    assert.equal(outcome.status, 200);
    assert.ok(outcome.latencyMs >= 0);
  });

  test(`model client (${name}): a call with an aborted signal ends as aborted, without a status`, async (context) => {
    const { client, request } = await open(context);

    assert.partialDeepStrictEqual(await client.call(request, AbortSignal.abort()), {
      kind: 'aborted',
      status: undefined,
    });
  });

  test(`model client (${name}): a call under way ends as aborted when its signal is`, async (context) => {
    const { client, request, holdCalls } = await open(context);
    const caller = new AbortController();
    const arrived = holdCalls();

    const outcome = client.call(request, caller.signal);
    await arrived;
    caller.abort();

    assert.equal((await outcome).kind, 'aborted');
  });
}
