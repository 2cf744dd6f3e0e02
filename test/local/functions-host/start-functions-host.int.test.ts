import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFunctionsHost } from '../../../local/functions-host/start-functions-host.ts';
import { fixtureApp } from './run-host.ts';

test('apps run in this process, each on a loopback port of its own, and leave nothing open', async (context) => {
  const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const settings = {
    appRoot: fixtureApp,
    port: 0,
    environment: { FIXTURE_MODE: 'stream' },
    keys: { masterKey: 'secret' },
    log: () => undefined,
  };

  const hosts = [await startFunctionsHost(settings), await startFunctionsHost(settings)];
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) {
      stopped = true;
      await Promise.all(hosts.map(async (host) => host.stop()));
    }
  };
  context.after(stop);

  assert.equal(listening(), 2);
  for (const { url, port, functions } of hosts) {
    assert.equal(url, `http://127.0.0.1:${port}`);
    assert.ok(functions.some(({ name, route }) => name === 'locked' && route === '/api/locked'));
    const response = await fetch(`${url}/api/locked`, { headers: { 'x-functions-key': 'secret' } });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
  await stop();
  for (const { url } of hosts) {
    await assert.rejects(fetch(`${url}/api/locked`));
  }
  assert.equal(listening(), 0);
});
