import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { runCli } from '../../cli/run-cli.ts';

test('when a later page fails, the command tells what was done before, and that it may be run again', async () => {
  const job = (outcome: string) => ({ id: 'a', outcome });
  const pages = [
    { status: 200, body: { jobs: [job('replayed'), job('replayed')], more: true, next: 'b' } },
    { status: 503, body: { title: 'Not available right now', code: 'queue.unavailable' } },
  ];
  const server = createServer((_request, response) => {
    const { status = 500, body } = pages.shift() ?? {};
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const warned: string[] = [];

  const code = await runCli(['dead-letters', 'replay', '--all'], {
    environment: { SLUICE_URL: `http://127.0.0.1:${address.port}` },
    say: () => undefined,
    warn: (text) => void warned.push(text),
    ask: undefined,
  });
  server.close();

  assert.equal(code, 1);
  assert.match(warned.join('\n'), /replayed: 2[^]*queue\.unavailable[^]*Run the same command again/u);
});
