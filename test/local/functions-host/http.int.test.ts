import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { poll, startHost, temporaryFolder, tryHost } from './run-host.ts';

const echoed = z.looseObject({
  params: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
  function: z.string(),
});

async function getJson(url: string, init?: RequestInit): Promise<z.infer<typeof echoed>> {
  return echoed.parse(await (await fetch(url, init)).json());
}

for (const mode of ['buffered', 'stream'] as const) {
  describe(`HTTP functions, ${mode}`, () => {
    test('a request reaches its function whole and the answer comes back', async (context) => {
      const host = await startHost(context, { mode });
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

      const response = await fetch(`${host.url}/api/echo?a=1&b=two%20words`, {
        method: 'POST',
        body: Buffer.from([0, 255, 10]),
        headers: { 'x-test': 'yes', traceparent },
      });

      assert.equal(response.status, 200);
      assert.equal(response.headers.get('x-answer'), 'yes');
      assert.deepEqual(await response.json(), {
        method: 'POST',
        url: `${host.url}/api/echo?a=1&b=two%20words`,
        params: {},
        query: { a: '1', b: 'two words' },
        header: 'yes',
        traceParent: traceparent,
        function: 'echo',
        body: Buffer.from([0, 255, 10]).toString('base64'),
      });
    });

    test('routes choose the function: literal before constrained before free, and nothing else', async (context) => {
      const host = await startHost(context, { mode });
      const called = async (path: string) => {
        const { function: name, params } = await getJson(`${host.url}/api/${path}`);
        return [name, params];
      };

      assert.deepEqual(await called('jobs/stats'), ['job-stats', {}]);
      assert.deepEqual(await called('jobs/12'), ['job-number', { number: '12' }]);
      assert.deepEqual(await called('jobs/0'), ['job', { id: '0' }]);
      assert.deepEqual(await called('JOBS/a%2Fb'), ['job', { id: 'a%2Fb' }]);
      assert.deepEqual(await called('pages'), ['page', {}]);
      assert.deepEqual(await called('pages/3/'), ['page', { page: '3' }]);
      assert.deepEqual(await called('files/a/b%20c.txt'), ['files', { path: 'a/b c.txt' }]);
      for (const [method, path] of [
        ['GET', '/api/none'],
        ['GET', '/echo'],
        ['DELETE', '/api/echo'],
        ['GET', '/api/jobs/1/2'],
      ] as const) {
        assert.equal((await fetch(host.url + path, { method })).status, 404, `${method} ${path}`);
      }
    });

    test('a handler that throws is answered 500 without a word of it, and logged', async (context) => {
      const host = await startHost(context, { mode });

      const response = await fetch(`${host.url}/api/boom`);

      assert.equal(response.status, 500);
      assert.equal(await response.text(), '');
      assert.ok(host.log.some((line) => line.includes('[error] function boom: Error: The handler was told to throw')));
      assert.equal((await fetch(`${host.url}/api/not-an-object`)).status, 500);
    });

    test('status, headers, cookies and response objects come through; nothing returned is 204', async (context) => {
      const host = await startHost(context, { mode });

      const cookie = await fetch(`${host.url}/api/cookie`);
      assert.equal(cookie.status, 201);
      assert.equal(await cookie.text(), 'with cookies');
      assert.deepEqual(cookie.headers.getSetCookie(), [
        'a=1%202; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax',
        'b=2; Expires=Thu, 01 Jan 1970 00:16:40 GMT',
      ]);
      const object = await fetch(`${host.url}/api/response-object`);
      assert.deepEqual(
        [object.status, object.headers.get('x-answer'), await object.text()],
        [202, 'object', 'from an object'],
      );
      assert.equal((await fetch(`${host.url}/api/nothing`)).status, 204);
    });

    test('hooks run around a call and may replace its handler', async (context) => {
      const host = await startHost(context, { mode });

      const replaced = await fetch(`${host.url}/api/echo`, { headers: { 'x-hook': 'replace' } });

      assert.deepEqual(await replaced.json(), { replaced: true });
      await fetch(`${host.url}/api/response-object`);
      assert.deepEqual(
        (await host.events()).map(({ event }) => event),
        ['appStart', 'postInvocation'],
      );
    });
  });
}

test('keys are asked for by level once a key is set', async (context) => {
  const host = await startHost(context, { mode: 'buffered', arguments: ['--key', 'secret'] });
  const status = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${host.url}/api/${path}`, { headers })).status;

  assert.equal(await status('echo'), 200);
  assert.equal(await status('locked'), 401);
  assert.equal(await status('locked', { 'x-functions-key': 'wrong' }), 401);
  assert.equal(await status('locked', { 'x-functions-key': 'secret' }), 200);
  assert.equal(await status('locked?code=secret'), 200);
  assert.equal(await status('admin-only'), 401);
  assert.equal(await status('admin-only?code=secret'), 200);
});

test('each key is good for its own level, and for its own function', async (context) => {
  const file = join(await temporaryFolder(context), 'keys.json');
  const keys = {
    masterKey: 'master',
    functionKeys: { default: 'any-function' },
    functions: { locked: { default: 'locked-only' }, 'admin-only': { default: 'never' } },
  };
  await writeFile(file, JSON.stringify(keys));
  const host = await startHost(context, { mode: 'buffered', arguments: ['--keys', file] });
  const status = async (path: string, key: string) =>
    (await fetch(`${host.url}/${path}`, { headers: { 'x-functions-key': key } })).status;

  assert.equal(await status('api/locked', 'master'), 200);
  assert.equal(await status('api/locked', 'any-function'), 200);
  assert.equal(await status('api/locked', 'locked-only'), 200);
  assert.equal(await status('api/admin-only', 'any-function'), 401);
  assert.equal(await status('api/admin-only', 'never'), 401);
  assert.equal(await status('api/admin-only', 'master'), 200);
  assert.equal(await status('admin/host/status', 'any-function'), 401);
  assert.equal(await status('admin/host/status', 'master'), 200);
  // The header wins over the query.
  assert.equal(await status('api/locked?code=master', 'wrong'), 401);
});

test('the admin endpoints tell of the host and its functions, and what they do not carry by name', async (context) => {
  const host = await startHost(context, { mode: 'buffered' });
  const admin = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${host.url}/admin/${path}`, init);
    return { status: response.status, text: await response.text() };
  };

  assert.match((await admin('host/status')).text, /"state":"Running"/u);
  assert.equal((await admin('host/ping', { method: 'POST' })).status, 200);
  const names = z.array(z.looseObject({ name: z.string() })).parse(JSON.parse((await admin('functions')).text));
  assert.ok(names.some(({ name }) => name === 'echo'));
  assert.match((await admin('functions/Locked')).text, /"authLevel":"function"/u);
  assert.equal((await admin('functions/none')).status, 404);
  assert.match((await admin('functions/echo', { method: 'POST', body: '{}' })).text, /call it by its route/u);
  assert.match((await admin('host/keys')).text, /no admin endpoint GET \/admin\/host\/keys/u);
});

test('custom headers are on every response, and more requests than may be outstanding get 429', async (context) => {
  const http = 'AzureFunctionsJobHost__extensions__http';
  const host = await startHost(context, {
    mode: 'stream',
    settings: { [`${http}__customHeaders__x-from`]: 'host', [`${http}__maxOutstandingRequests`]: '1' },
  });
  const first = fetch(`${host.url}/api/waits?ms=1500`);
  await host.eventually((events) => events.some(({ event }) => event === 'waiting'));

  const second = await fetch(`${host.url}/api/echo`);

  assert.deepEqual([second.status, second.headers.get('x-from')], [429, 'host']);
  const { status, headers } = await first;
  assert.deepEqual([status, headers.get('x-from')], [200, 'host']);
});

test('what nobody reads of host.json is told at the start', async (context) => {
  const settings = { AzureFunctionsJobHost__extensions__http__routPrefix: 'v1' };

  const host = await startHost(context, { mode: 'buffered', settings });

  assert.ok(host.log.some((line) => line.includes('nothing reads "extensions.http.routPrefix"')));
});

test('without a key no function asks for one', async (context) => {
  const host = await startHost(context, { mode: 'buffered' });

  assert.equal((await fetch(`${host.url}/api/admin-only`)).status, 200);
});

test('a body of 16 MB passes in small pieces', async (context) => {
  const host = await startHost(context, { mode: 'stream' });
  const bytes = 16 * 1024 * 1024;

  const response = await fetch(`${host.url}/api/count`, { method: 'POST', body: new Uint8Array(bytes) });

  const counted = z.object({ bytes: z.number(), largest: z.number() }).parse(await response.json());
  assert.equal(counted.bytes, bytes);
  assert.ok(counted.largest <= 1024 * 1024);
});

test('a response begins before its request has ended', async (context) => {
  const host = await startHost(context, { mode: 'stream' });
  const sent = httpRequest(`${host.url}/api/ping-pong`, { method: 'POST' });
  sent.write('one');
  const response = z.instanceof(Readable).parse((await once(sent, 'response'))[0]);
  assert.equal(String((await once(response, 'data'))[0]), 'pong:one');

  sent.end('two');

  assert.equal(await text(response), 'pong:two');
});

for (const path of ['endless', 'endless?idle=yes']) {
  test(`a client that goes away cancels the response of ${path}`, async (context) => {
    const host = await startHost(context, { mode: 'stream' });
    const leaving = new AbortController();
    const response = await fetch(`${host.url}/api/${path}`, { signal: leaving.signal });
    await response.body?.getReader().read();

    leaving.abort();

    await host.eventually((events) => events.some(({ event }) => event === 'cancelled'));
    assert.equal(await host.end('SIGTERM'), 0);
  });
}

test('a client that does not read holds the response back', async (context) => {
  const host = await startHost(context, { mode: 'stream' });
  const { hostname, port } = new URL(host.url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write('GET /api/endless HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'readable');
  // Another call is answered while the first one is held back.
  assert.equal((await fetch(`${host.url}/api/waits?ms=500`)).status, 200);

  socket.destroy();

  const events = await host.eventually((all) => all.some(({ event }) => event === 'cancelled'));
  const produced = z.number().parse(events.find(({ event }) => event === 'cancelled')?.['produced']);
  assert.ok(produced < 32 * 1024 * 1024, `${produced} bytes were produced for a client that read none`);
});

test('a response that breaks off reaches the client as broken', async (context) => {
  const host = await startHost(context, { mode: 'stream' });

  const response = await fetch(`${host.url}/api/breaks-off`);

  assert.equal(response.status, 200);
  await assert.rejects(response.text());
});

test('a request that is cut off ends its call', async (context) => {
  const host = await startHost(context, { mode: 'stream' });
  const sent = httpRequest(`${host.url}/api/count`, { method: 'POST', headers: { 'content-length': '100' } });
  sent.on('error', () => undefined);
  sent.write('half');
  await host.eventually((events) => events.some(({ event }) => event === 'counting'));

  sent.destroy();

  await poll(
    async () => host.log,
    (log) => log.some((line) => line.startsWith('[error] function count:')),
  );
  assert.equal(await host.end('SIGTERM'), 0);
  assert.ok(!host.log.some((line) => line.includes('of grace')));
});

test('a stop lets calls in flight end, refuses new ones and runs the appTerminate hooks', async (context) => {
  const host = await startHost(context, { mode: 'stream' });
  const inFlight = fetch(`${host.url}/api/waits?ms=400`);
  await host.eventually((events) => events.some(({ event }) => event === 'waiting'));

  const ended = host.end('SIGTERM');

  const response = await inFlight;
  assert.equal(await response.text(), 'done');
  assert.equal(await ended, 0);
  await assert.rejects(fetch(`${host.url}/api/echo`));
  const names = (await host.events()).map(({ event }) => event);
  assert.deepEqual(names.toSorted(), ['appStart', 'appTerminate', 'waited', 'waiting']);
});

for (const [mode, expected] of [
  ['throw', /entry point app\.mjs .* threw[\s\S]*The fixture app was told to throw/u],
  ['empty', /registered no function/u],
  ['unknown-trigger', /Function "queue": the trigger "queueTrigger" is not carried/u],
  ['unknown-output', /Function "out": the binding "queue" \(out\) is not carried/u],
] as const) {
  test(`an app that cannot be served ends the host: ${mode}`, async (context) => {
    const tried = await tryHost(context, { mode });

    assert.equal(tried.kind, 'ended');
    assert.ok(tried.kind === 'ended');
    assert.equal(tried.exitCode, 1);
    assert.match(tried.log, expected);
  });
}

test('an unknown flag is refused with the help text', async (context) => {
  const tried = await tryHost(context, { mode: 'buffered', arguments: ['--prot', '1'] });

  assert.ok(tried.kind === 'ended');
  assert.equal(tried.exitCode, 2);
  assert.match(tried.log, /--prot[\s\S]*--root FOLDER/u);
});

test('the ready line names functions, triggers and routes', async (context) => {
  const host = await startHost(context, { mode: 'buffered' });

  assert.deepEqual(
    host.functions.filter(({ name }) => name.startsWith('job')),
    [
      { name: 'job', trigger: 'httpTrigger', route: '/api/jobs/{id}' },
      { name: 'job-stats', trigger: 'httpTrigger', route: '/api/jobs/stats' },
      { name: 'job-number', trigger: 'httpTrigger', route: '/api/jobs/{number:int:min(1)}' },
    ],
  );
});
