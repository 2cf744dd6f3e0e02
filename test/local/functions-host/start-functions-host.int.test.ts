import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFunctionsHost } from '../../../local/functions-host/start-functions-host.ts';
import { fixtureApp } from './run-host.ts';

/** Everything in one test: a process can hold one app in its life. */
test('an app runs in this process on one loopback port, once, and leaves nothing open', async () => {
  const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const settings = {
    appRoot: fixtureApp,
    port: 0,
    environment: { FIXTURE_MODE: 'stream' },
    functionKey: 'secret',
    log: () => undefined,
  };

  const host = await startFunctionsHost(settings);

  assert.equal(host.url, `http://127.0.0.1:${host.port}`);
  assert.equal(listening(), 1);
  assert.ok(host.functions.some(({ name, route }) => name === 'locked' && route === '/api/locked'));
  const response = await fetch(`${host.url}/api/locked`, { headers: { 'x-functions-key': 'secret' } });
  assert.equal(response.status, 200);
  await response.arrayBuffer();
  await assert.rejects(startFunctionsHost(settings), /one app a process/u);
  await host.stop();
  await assert.rejects(fetch(`${host.url}/api/locked`));
  assert.equal(listening(), 0);
});
