import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';

import { listen } from '../../local/azure-openai/listen.ts';
import { datedResponse } from '../../local/dated-response.ts';

const time = Date.UTC(2030, 0, 2, 3, 4, 5, 999);
const expected = 'Wed, 02 Jan 2030 03:04:05 GMT';

async function serve(context: TestContext, answer: (response: ServerResponse) => void): Promise<number> {
  const server = createServer({ ServerResponse: datedResponse(() => time) }, (_, response) => answer(response));
  context.after(() => server.close());
  return listen(server, 0);
}

describe('a dated response', () => {
  const ways: Readonly<Record<string, (response: ServerResponse) => void>> = {
    'with its headers at once': (response) => response.writeHead(200, { 'x-a': 'b', connection: 'close' }).end(),
    'with a reason': (response) => response.writeHead(200, 'Fine', { 'x-a': 'b', connection: 'close' }).end(),
    'with headers set before': (response) => response.setHeader('x-a', 'b').setHeader('connection', 'close').end(),
    'with both': (response) => response.setHeader('x-a', 'b').writeHead(200, { connection: 'close' }).end(),
  };
  for (const [name, way] of Object.entries(ways)) {
    test(`carries the time of the clock, and its other headers, when written ${name}`, async (context) => {
      const { headers } = await fetch(`http://127.0.0.1:${await serve(context, way)}`);
      assert.equal(headers.get('date'), expected);
      assert.equal(headers.get('x-a'), 'b');
    });
  }

  test("carries it on Node's own refusals", async (context) => {
    const port = await serve(context, (response) => response.end());
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.1 400 /u);
    assert.match(answer, new RegExp(`^date: ${expected}\r$`, 'imu'));
  });
});
