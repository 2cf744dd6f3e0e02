import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const message = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), result: z.unknown() }),
  z.object({ kind: z.literal('failed'), text: z.string() }),
]);

/**
 * Gives each task to the next process that is free, and hands on what it answers. All processes have ended when it
 * returns or throws; an aborted signal ends them at once.
 *
 * @param script answers each message with `{kind: 'done', result}` or `{kind: 'failed', text}`
 */
export async function runInProcesses<Task extends Serializable>(
  tasks: readonly Task[],
  deps: {
    readonly script: URL;
    readonly processes: number;
    readonly onResult: (result: unknown, task: Task) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  deps.signal.throwIfAborted();
  const left = [...tasks];
  const script = fileURLToPath(deps.script);
  const children = Array.from({ length: Math.min(deps.processes, left.length) }, () => fork(script));
  const killAll = (): void => {
    for (const child of children) {
      child.kill('SIGKILL');
    }
  };
  deps.signal.addEventListener('abort', killAll, { once: true });
  try {
    await Promise.all(children.map(async (child) => workThrough(child, left, deps.onResult)));
  } finally {
    deps.signal.removeEventListener('abort', killAll);
    await Promise.all(children.map(endChild));
  }
  deps.signal.throwIfAborted();
}

/** Resolves when no task is left; rejects when a task failed or the process ended with one. */
async function workThrough<Task extends Serializable>(
  child: ChildProcess,
  left: Task[],
  onResult: (result: unknown, task: Task) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let task: Task | undefined;
  const next = (): void => {
    task = left.shift();
    if (task === undefined) {
      resolve();
    } else {
      child.send(task);
    }
  };
  child.on('error', reject);
  child.on('exit', (code, signal) => reject(new Error(`A process of the simulation ended: ${code ?? signal}.`)));
  child.on('message', (received: unknown) => {
    const answer = message.parse(received);
    if (answer.kind === 'failed') {
      reject(new Error(`A run failed: ${answer.text}`));
    } else if (task !== undefined) {
      onResult(answer.result, task);
      next();
    }
  });
  next();
  await promise;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
