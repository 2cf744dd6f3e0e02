import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A part that runs as a process of its own. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** What its first line of stdout said. */
  readonly ready: unknown;
  /** Resolves with its exit code or signal when it ends, by itself or not. */
  readonly ended: Promise<string>;
  /** SIGTERM, and SIGKILL when it is still there after `graceMs`. */
  readonly stop: (graceMs?: number) => Promise<void>;
  readonly kill: () => Promise<void>;
}

const usualGraceMs = 15_000;

/**
 * Starts a Node process and waits for its ready line: one line of JSON on stdout.
 *
 * @throws when it ends, or is not ready within `readyMs`
 */
export async function startChild(input: {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly readyMs?: number;
  /** What it writes to stderr, line by line. */
  readonly onLog?: (line: string) => void;
}): Promise<Child> {
  const { name, args, cwd, environment, onLog } = input;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole group: the parent alone decides when its children stop.
    detached: true,
  });
  const recent: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    recent.push(line);
    recent.splice(0, Math.max(0, recent.length - 30));
    onLog?.(line);
  });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(([code, signal]: unknown[]) => String(signal ?? code));
  const timer = new AbortController();
  const late = setTimeout(() => timer.abort(), input.readyMs ?? 30_000);
  const first = await Promise.race([
    once(lines, 'line', { signal: timer.signal }).then(
      ([line]: unknown[]) => String(line),
      () => undefined,
    ),
    ended.then(() => undefined),
  ]);
  clearTimeout(late);
  if (first === undefined) {
    child.kill('SIGKILL');
    throw new Error(`${name} did not become ready.\n${recent.join('\n')}`);
  }
  const ready: unknown = JSON.parse(first);
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const stop = async (graceMs = usualGraceMs): Promise<void> => {
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(force);
  };
  return { name, pid: child.pid ?? 0, ready, ended, stop, kill };
}
