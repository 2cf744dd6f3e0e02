import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import { runCli } from '../../cli/run-cli.ts';

type Answer = (body: unknown, response: ServerResponse, path: string) => void;

/** Runs a command line against an app that answers as the test says. */
async function runAgainst(context: TestContext, answer: Answer, args: readonly string[]) {
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => answer(body === '' ? undefined : JSON.parse(body), response, request.url ?? ''));
  });
  context.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = z.object({ port: z.number() }).parse(server.address());
  const [said, warned]: [string[], string[]] = [[], []];
  const code = await runCli([...args, '--url', `http://127.0.0.1:${address.port}`], {
    environment: {},
    say: (line) => void said.push(line),
    warn: (line) => void warned.push(line),
    ask: undefined,
  });
  return { code, said: said.join('\n'), warned: warned.join('\n') };
}

test('an answer that breaks off is told, and is no crash', async (context) => {
  const { code, warned } = await runAgainst(
    context,
    (_body, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"pools"', () => response.destroy());
    },
    ['pools'],
  );

  assert.equal(code, 1);
  assert.match(warned, /was not reached|broke off/u);
});

/** Three jobs, then ten messages that no job stands for. */
function purging(): { readonly answer: Answer; readonly left: { jobs: number; messages: number } } {
  const left = { jobs: 3, messages: 10 };
  const answer: Answer = (body, response) => {
    const { limit = 4 } = z.looseObject({ limit: z.number().optional() }).parse(body);
    const jobs = Math.min(left.jobs, limit);
    const messages = Math.min(left.messages, limit - jobs);
    left.jobs -= jobs;
    left.messages -= messages;
    const of = (count: number, one: object): readonly object[] => Array.from({ length: count }, () => one);
    const next = jobs === limit ? 'a' : null;
    const purged = {
      jobs: of(jobs, { id: 'a', outcome: 'purged' }),
      messages: of(messages, { queue: 'jobs', sequenceNumber: '1', outcome: 'purged' }),
    };
    response.end(JSON.stringify({ ...purged, more: next !== null || left.messages > 0, next }));
  };
  return { answer, left };
}

test('a purge goes on until nothing is left', async (context) => {
  const { answer, left } = purging();

  await runAgainst(context, answer, ['dead-letters', 'purge', '--all', '--yes']);

  assert.deepEqual(left, { jobs: 0, messages: 0 });
});

test('a purge takes no more than its limit, jobs and messages together', async (context) => {
  const { answer, left } = purging();

  await runAgainst(context, answer, ['dead-letters', 'purge', '--all', '--yes', '--limit', '5']);

  assert.deepEqual(left, { jobs: 0, messages: 8 });
});

test('a breaker that is open is shown with its code and when its deployment is tried next', async (context) => {
  const deployment = { region: 'eastus', deployment: 'chat', tokensPerMinute: 1000, state: 'open', code: 'http_503' };
  const pool = { name: 'gpt-4o', model: 'gpt-4o', backlog: { messages: 3, costTokens: null }, paused: null };
  const untilMs = Date.UTC(2026, 0, 31, 8);

  const { said } = await runAgainst(
    context,
    (_body, response) => {
      response.end(JSON.stringify({ pools: [{ ...pool, deployments: [{ ...deployment, untilMs }] }] }));
    },
    ['pools'],
  );

  assert.match(said, /open \(http_503\) +2026-01-31 08:00:00/u);
});

test('while a store is away the status still tells the health, and what could not be asked', async (context) => {
  const part = { state: 'ok' };
  const cosmos = { state: 'down', code: 'cosmos.unavailable' };
  const health = { isHealthy: false, cosmos, serviceBus: part, clock: part, lanes: [] };
  const away = { title: 'Not available right now', code: 'cosmos.unavailable' };

  const { code, said } = await runAgainst(
    context,
    (_body, response, path) => {
      response.statusCode = 503;
      response.end(JSON.stringify(path === '/api/health' ? health : away));
    },
    ['status'],
  );

  assert.equal(code, 3);
  assert.match(said, /NOT healthy[^]*down \(cosmos\.unavailable\)[^]*The dead letters cannot be told/u);
});
