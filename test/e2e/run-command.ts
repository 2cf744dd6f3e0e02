import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A command of this repository as a process of its own, without a terminal. */
export interface Command {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the first match in stdout or stderr; rejects when the command ends without one. */
  readonly saying: (pattern: RegExp) => Promise<RegExpExecArray>;
  readonly interrupt: () => void;
  /** Resolves with its exit code, or its signal. */
  readonly ended: Promise<number | string>;
}

export function runCommand(script: string, args: readonly string[]): Command {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', `${root}${script}`, ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const heard = new EventTarget();
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
    heard.dispatchEvent(new Event('text'));
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
    heard.dispatchEvent(new Event('text'));
  });
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code ?? ''));
  });
  const saying = async (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(text.stdout) ?? pattern.exec(text.stderr);
        if (match !== null) {
          resolve(match);
        }
      };
      heard.addEventListener('text', look);
      look();
      void ended.then((end) => {
        reject(new Error(`It ended (${end}) without saying ${pattern.source}.\n${text.stdout}\n${text.stderr}`));
      });
    });
  return {
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    saying,
    interrupt: () => {
      child.kill('SIGINT');
    },
    ended,
  };
}
