import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AzureOpenAI, OpenAI } from 'openai';
import { z } from 'zod';
import { localApiKey } from '../../../local/stack-layout.ts';
import { collect, rejection } from '../azure-openai/start-for-test.ts';
import { stackForTest } from './stack-for-test.ts';

const { admin, faults, request, stack } = await stackForTest();
const plain = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 20 } as const;
const streamed = { ...plain, stream: true } as const;

function region(name: string): AzureOpenAI {
  const endpoint = `http://127.0.0.1:${stack.ports.regions[name]}`;
  return new AzureOpenAI({ endpoint, apiKey: localApiKey, apiVersion: '2024-10-21', maxRetries: 0 });
}

const east = region('eastus');
const ask = async () => east.chat.completions.create({ ...plain, messages: [...plain.messages] });
const askStreamed = async () => east.chat.completions.create({ ...streamed, messages: [...streamed.messages] });

async function inject(fault: Readonly<Record<string, unknown>>): Promise<void> {
  await admin('POST', 'azure-openai/faults', fault);
}

describe('a fault by row', () => {
  const refusals: readonly (readonly [row: string, status: number, code: string | null | undefined])[] = [
    ['quota-429', 429, '429'],
    ['quota-429-lying', 429, '429'],
    ['quota-429-a-day', 429, '429'],
    ['capacity-429', 429, 'no_capacity'],
    ['context-length', 400, 'context_length_exceeded'],
    ['string-too-long', 400, 'string_above_max_length'],
    ['invalid-request', 400, null],
    ['content-filter', 400, 'content_filter'],
    ['401', 401, '401'],
    ['403', 403, 'PermissionDenied'],
    ['403-network', 403, '403'],
    ['403-blocked', 403, '403'],
    ['404-deployment', 404, 'DeploymentNotFound'],
    ['408', 408, 'Timeout'],
    ['431', 431, undefined],
    ['500', 500, 'server_error'],
    ['502', 502, 'server_error'],
    ['503', 503, 'server_error'],
    ['504', 504, 'server_error'],
    ['html-502', 502, undefined],
    ['html-503', 503, undefined],
  ];
  for (const [row, status, code] of refusals) {
    test(`${row} refuses a plain call and a stream alike`, async () => {
      await inject({ row, count: 2 });
      for (const error of [await rejection(ask()), await rejection(askStreamed())]) {
        assert.equal(error.status, status);
        assert.equal(error.code, code);
      }
      await ask();
    });
  }

  test('quota-429-lying tells to come back at once', async () => {
    await inject({ row: 'quota-429-lying', count: 1 });
    const { headers } = await rejection(ask());
    assert.deepEqual([headers?.get('retry-after'), headers?.get('retry-after-ms')], ['1', '0']);
  });

  test('no-capacity-in-stream is an event of a stream whose status was 200, and a 429 of a plain call', async () => {
    await inject({ row: 'no-capacity-in-stream', count: 2 });
    const stream = await askStreamed();
    const error = await rejection(collect(stream));
    assert.deepEqual([error.status, error.type, error.code], [undefined, 'too_many_requests', 'no_capacity']);
    assert.equal((await rejection(ask())).status, 429);
  });

  test('no-capacity-as-stream is the first and only event of such a stream', async () => {
    await inject({ row: 'no-capacity-as-stream', count: 2 });
    const answer = await fetch(`${east.baseURL}/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21`, {
      method: 'POST',
      headers: { 'api-key': localApiKey },
      body: JSON.stringify(streamed),
    });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /^data: \{"error":\{[^\n]*"code":"no_capacity"\}\}\n\n$/u);
    assert.equal((await rejection(ask())).status, 429);
  });

  test('cut-connection, cut-stream and a cut plain answer break off', async () => {
    await inject({ row: 'cut-connection', count: 1 });
    assert.ok((await rejection(ask())) instanceof OpenAI.APIConnectionError);
    await inject({ row: 'cut-stream', count: 2 });
    const stream = await askStreamed();
    await assert.rejects(async () => collect(stream));
    await assert.rejects(ask);
  });

  test('stalled-stream sends the beginning and then nothing, until the caller goes', async () => {
    await inject({ row: 'stalled-stream', count: 2 });
    const leaving = new AbortController();
    const stream = await east.chat.completions.create(
      { ...streamed, messages: [...streamed.messages] },
      { signal: leaving.signal },
    );
    const first = await stream[Symbol.asyncIterator]().next();
    assert.equal(first.done, false);
    leaving.abort();
    const answer = await fetch(`${east.baseURL}/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21`, {
      method: 'POST',
      headers: { 'api-key': localApiKey },
      body: JSON.stringify(plain),
    });
    const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = answer.body?.getReader();
    const { value: beginning = new Uint8Array() } = (await reader?.read()) ?? {};
    assert.ok(beginning.length > 0);
    assert.ok(beginning.length < Number(answer.headers.get('content-length')), 'half of the answer');
    await reader?.cancel();
    assert.equal((await faults('azure-openai')).faults.at(-1)?.taken, 2);
  });

  test('a stall that is shortened ends with a cut', async () => {
    await inject({ row: 'stalled-stream', stallMs: 20, count: 1 });
    const stream = await askStreamed();
    await assert.rejects(async () => collect(stream));
  });

  test('stalled-start sends not even the head', async () => {
    await inject({ row: 'stalled-start', delayMs: 20, count: 1 });
    assert.ok((await rejection(ask())) instanceof OpenAI.APIConnectionError);
  });

  test('nonsense-200 answers JSON that is no completion, streamed or not', async () => {
    await inject({ row: 'nonsense-200', count: 2 });
    assert.deepEqual(z.looseObject({}).parse(await ask()), { result: 'ok' });
    const stream = await askStreamed();
    assert.deepEqual(await collect(stream), [{ result: 'ok' }]);
  });

  test('empty-choices-200 and html-200 answer without a completion', async () => {
    await inject({ row: 'empty-choices-200', count: 1 });
    assert.deepEqual((await ask()).choices, []);
    await inject({ row: 'html-200', count: 1 });
    assert.match(z.string().parse(await ask()), /^<html>/u);
  });
});

describe('a model fault', () => {
  test('meets one region, or all with one count between them', async () => {
    await admin('POST', 'regions/eastus/faults', { row: '500', count: 1 });
    await region('swedencentral').chat.completions.create({ ...plain, messages: [...plain.messages] });
    assert.equal((await rejection(ask())).status, 500);
    await inject({ row: '503', count: 2 });
    assert.equal((await rejection(ask())).status, 503);
    const elsewhere = region('swedencentral').chat.completions.create({ ...plain, messages: [...plain.messages] });
    assert.equal((await rejection(elsewhere)).status, 503);
    await ask();
    assert.deepEqual(
      (await faults('azure-openai')).faults.slice(-2).map(({ isActive, taken }) => [isActive, taken]),
      [
        [false, 1],
        [false, 2],
      ],
    );
  });

  test('is removed by its id, and stays on the list with what it did', async () => {
    const { id } = z.object({ id: z.string() }).parse(await admin('POST', 'azure-openai/faults', { row: '500' }));
    await rejection(ask());
    assert.deepEqual(await admin('DELETE', `azure-openai/faults/${id}`), { removed: 1 });
    await ask();
    const listed = (await faults('azure-openai')).faults.find((fault) => fault.id === id);
    assert.deepEqual([listed?.taken, listed?.isActive], [1, false]);
    assert.equal((await request('DELETE', `azure-openai/faults/${id}`)).status, 404);
  });
});
