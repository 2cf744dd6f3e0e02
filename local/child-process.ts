import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A part that runs as a process of its own. It stops when the process that started it is gone. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** What its first line of stdout said. */
  readonly ready: unknown;
  /** Resolves with its exit code or signal when it ends, by itself or not. */
  readonly ended: Promise<string>;
  /** What it wrote to stderr last, 30 lines at the most. */
  readonly lastLines: () => readonly string[];
  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  readonly stop: (graceMs?: number) => Promise<void>;
  readonly kill: () => Promise<void>;
}

export interface ChildSettings {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly readyMs?: number;
  /** Aborted: a child that is not ready yet is killed, and starting it throws. */
  readonly signal?: AbortSignal | undefined;
  /** What it writes to stderr, line by line. */
  readonly onLog?: ((line: string) => void) | undefined;
}

const usualGraceMs = 15_000;
const usualReadyMs = 30_000;
const keptLines = 30;
const preload = new URL('end-with-parent.ts', import.meta.url).href;

/**
 * Starts a Node process and waits for its ready line: one line of JSON on stdout.
 *
 * @throws when it ends, is not ready within `readyMs`, or `signal` is aborted; the process is gone then
 */
export async function startChild(settings: ChildSettings): Promise<Child> {
  const { name, onLog } = settings;
  settings.signal?.throwIfAborted();
  const child = spawnNode(settings);
  const recent: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    recent.push(line);
    recent.splice(0, Math.max(0, recent.length - keptLines));
    onLog?.(line);
  });
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => String(signal ?? code));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const first = await firstLine(child, settings);
  if (first === undefined) {
    await kill();
    settings.signal?.throwIfAborted();
    throw new Error(`${name} did not become ready.\n${recent.join('\n')}`);
  }
  const ready: unknown = JSON.parse(first);
  const stop = async (graceMs = usualGraceMs): Promise<void> => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(force);
  };
  return { name, pid: child.pid ?? 0, ready, ended, lastLines: () => [...recent], stop, kill };
}

type Spawned = ChildProcessByStdio<Writable, Readable, Readable>;

function spawnNode({ args, cwd, environment }: ChildSettings): Spawned {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', preload, ...args], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole group: the parent alone decides when its children stop.
    detached: true,
  });
}

/** Undefined when the child ends first, is late, or is no longer wanted. */
async function firstLine(child: Spawned, settings: ChildSettings): Promise<string | undefined> {
  const lines = createInterface({ input: child.stdout });
  const over = new AbortController();
  const giveUp = (): void => over.abort();
  const late = setTimeout(giveUp, settings.readyMs ?? usualReadyMs);
  child.once('exit', giveUp);
  settings.signal?.addEventListener('abort', giveUp, { once: true });
  const line = await once(lines, 'line', { signal: over.signal }).then(
    ([text]: unknown[]) => String(text),
    () => undefined,
  );
  clearTimeout(late);
  child.off('exit', giveUp);
  settings.signal?.removeEventListener('abort', giveUp);
  return line;
}
