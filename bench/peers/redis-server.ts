import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface RedisServer {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

const readyMs = 10_000;

/** The shell ends Redis when its own stdin closes, and that is also when the process that holds the pipe is gone. */
const script = 'command -v "$0" >/dev/null || exit 127; "$0" "$@" & cat >/dev/null; kill $!; wait';

/**
 * Redis on a free port of 127.0.0.1, in memory only: no snapshots, no log of commands.
 *
 * @throws when `redis-server` is not installed, or does not answer
 */
export async function startRedis(folder: string, program = 'redis-server'): Promise<RedisServer> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const settings = { bind: '127.0.0.1', port, dir: folder, save: '', appendonly: 'no', loglevel: 'warning' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('sh', ['-c', script, program, ...args], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  try {
    await untilItAnswers(port, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, stop };
}

async function untilItAnswers(port: number, child: ChildProcess): Promise<void> {
  const until = performance.now() + readyMs;
  while (performance.now() < until) {
    if (child.exitCode !== null) {
      throw new Error(notInstalled);
    }
    if (await answersPing(port)) {
      return;
    }
    await delay(50);
  }
  throw new Error(`redis-server did not answer on port ${port} within ${readyMs} ms.`);
}

const notInstalled =
  'The benchmark starts redis-server for the libraries that share their limit through it, and it is not installed. ' +
  'Install it with: apt-get install redis-server';

async function answersPing(port: number): Promise<boolean> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const answer: unknown[] = await once(socket, 'data');
    return String(answer[0]).startsWith('+PONG');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('No free port of 127.0.0.1 was given.');
  }
  return address.port;
}
