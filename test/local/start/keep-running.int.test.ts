import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Child, startChild } from '../../../local/child-process.ts';
import { keepRunning, type KeptPart } from '../../../local/start/keep-running.ts';
import { nextRestart } from '../../../local/start/restart-policy.ts';

const isReady = `console.log('{}');`;
const staysUp = `${isReady} setInterval(() => undefined, 1e6);`;

interface Kept {
  readonly part: KeptPart;
  readonly said: readonly string[];
  readonly children: readonly Child[];
  /** Resolves when a line that matches was said. */
  readonly saying: (pattern: RegExp) => Promise<void>;
}

/** Runs each script in its turn, the last one from then on. */
async function keep(t: TestContext, scripts: readonly string[]): Promise<Kept> {
  const said: string[] = [];
  const children: Child[] = [];
  const lines = new EventTarget();
  let starts = 0;
  const part = await keepRunning(
    {
      name: 'The part',
      // The same decisions without the waits.
      policy: (deaths) => ({ ...nextRestart(deaths), waitMs: 0 }),
      say: (line) => {
        said.push(line);
        lines.dispatchEvent(new Event('line'));
      },
      start: async (signal) => {
        const script = scripts[Math.min(starts, scripts.length - 1)] ?? '';
        starts += 1;
        const child = await startChild({ name: 'The part', args: ['-e', script], cwd: '.', signal });
        children.push(child);
        return child;
      },
    },
    t.signal,
  );
  t.after(async () => part.stop());
  const saying = async (pattern: RegExp): Promise<void> => {
    while (!said.some((line) => pattern.test(line))) {
      await once(lines, 'line');
    }
  };
  return { part, said, children, saying };
}

test('a part that dies is told with its last log lines, and started again', async (t) => {
  const kept = await keep(t, [`${isReady} console.error('the disk is full'); process.exitCode = 3;`, staysUp]);

  await kept.saying(/runs again/u);

  assert.match(kept.said[0] ?? '', /The part died \(exit code 3\)\. Its last log lines:\n {2}│ the disk is full/u);
  assert.equal(kept.children.length, 2);
});

test('a part that was killed is told by the signal', async (t) => {
  const kept = await keep(t, [staysUp]);

  await kept.children[0]?.kill();
  await kept.saying(/runs again/u);

  assert.match(kept.said[0] ?? '', /died \(SIGKILL\)\. It logged nothing/u);
});

test('a restart that fails is told, and tried again', async (t) => {
  const kept = await keep(t, [isReady, `console.error('no port');`, staysUp]);

  await kept.saying(/runs again/u);

  assert.ok(kept.said.some((line) => /did not become ready\.\nno port/u.test(line)));
});

test('a part that dies over and over is given up', async (t) => {
  const kept = await keep(t, [isReady]);

  assert.match(await kept.part.gaveUp, /The part died 6 times in two minutes/u);
  assert.equal(kept.children.length, 6);
  assert.equal(kept.said.filter((line) => /died/u.test(line)).length, 6);
});

test('stopping ends the part for good', async (t) => {
  const kept = await keep(t, [staysUp]);

  await kept.part.stop();

  assert.equal(await kept.children[0]?.ended, 'SIGTERM');
  assert.deepEqual(kept.said, []);
});

test('stopping while a restart is waited for starts nothing more', async (t) => {
  const kept = await keep(t, [isReady]);
  await kept.saying(/died/u);

  await kept.part.stop();

  assert.equal(kept.children.length, 1);
});

test('a first start that fails throws what the part logged', async (t) => {
  await assert.rejects(keep(t, [`console.error('wrong disk');`]), /did not become ready\.\nwrong disk/u);
});

test('a start that is no longer wanted is ended', async () => {
  const controller = new AbortController();
  const hangs = `setInterval(() => undefined, 1e6); console.error('here')`;
  const starting = startChild({
    name: 'The part',
    args: ['-e', hangs],
    cwd: '.',
    signal: controller.signal,
    onLog: () => controller.abort(),
  });

  await assert.rejects(starting, { name: 'AbortError' });
});

test('a child ends when the process that started it is killed', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const connected = socketOf(server);
  const grandchild = `require('node:net').connect(${port}, '127.0.0.1', () => console.log('{}'));`;
  const parent = await startChild({
    name: 'The parent',
    cwd: '.',
    args: ['--input-type=module', '-e', parentOf(grandchild)],
  });
  const socket = await connected;
  const closed = once(socket, 'close');

  await parent.kill();

  await closed;
});

async function socketOf(server: Server): Promise<Socket> {
  return new Promise((resolve) => {
    server.once('connection', resolve);
  });
}

function parentOf(script: string): string {
  const child = new URL('../../../local/child-process.ts', import.meta.url).href;
  return `const { startChild } = await import(${JSON.stringify(child)});
    await startChild({ name: 'The child', cwd: '.', args: ['-e', ${JSON.stringify(script)}] });
    console.log('{}');`;
}
