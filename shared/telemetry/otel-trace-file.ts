import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { warn } from './otel-quietly.ts';

const defaultMaxBytes = 64 * 1024 * 1024;
const writeAfterMs = 250;
const writeAtLength = 256 * 1024;
const longestBuffer = 16 * 1024 * 1024;

/**
 * Lines appended to a file, in order; nothing here throws or rejects (T1).
 *
 * States: open → off (closed, or the path cannot be written: one warning, then every line is dropped).
 * A file that would grow past `maxBytes` is renamed to `<path>.1`, in place of the one before it, so that the two stay
 * under twice that size. Each write opens the path anew and appends whole lines: several processes may share a file.
 */
export class TraceFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #isOff = false;
  #lines: string[] = [];
  #length = 0;
  #hasDropped = false;
  #timer: NodeJS.Timeout | undefined;
  #writing = Promise.resolve();
  /** A write that is due and has not taken its lines yet. */
  #due: Promise<void> | undefined;

  constructor(file: string, { maxBytes = defaultMaxBytes }: { readonly maxBytes?: number } = {}) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  write(line: string): void {
    if (this.#isOff) {
      return;
    }
    if (this.#length + line.length > longestBuffer) {
      this.#warnOfDrops();
      return;
    }
    this.#lines.push(`${line}\n`);
    this.#length += line.length + 1;
    if (this.#length >= writeAtLength) {
      void this.flush();
    } else {
      this.#timer ??= setTimeout(() => void this.flush(), writeAfterMs).unref();
    }
  }

  /** Resolves when the lines written before the call are in the file, or were given up. */
  async flush(): Promise<void> {
    this.#due ??= this.#writing = this.#writing.then(async () => this.#writeOut());
    return this.#due;
  }

  /** Flushes, and takes no more. */
  async close(): Promise<void> {
    await this.flush();
    this.#isOff = true;
  }

  async #writeOut(): Promise<void> {
    clearTimeout(this.#timer);
    const chunk = this.#lines.join('');
    this.#timer = undefined;
    this.#due = undefined;
    this.#lines = [];
    this.#length = 0;
    if (chunk === '' || this.#isOff) {
      return;
    }
    try {
      await append(this.#file, chunk, this.#maxBytes);
    } catch (error) {
      this.#isOff = true;
      warn(`the trace file cannot be written (${codeOf(error)}); traces are dropped. Check its path and free space.`);
    }
  }

  #warnOfDrops(): void {
    if (!this.#hasDropped) {
      this.#hasDropped = true;
      warn('the trace file is too slow; lines are dropped.');
    }
  }
}

async function append(file: string, chunk: string, maxBytes: number): Promise<void> {
  const size = await sizeOf(file);
  if (size === undefined) {
    await mkdir(path.dirname(file), { recursive: true });
  } else if (size > 0 && size + Buffer.byteLength(chunk) > maxBytes) {
    await rename(file, `${file}.1`);
  }
  await appendFile(file, chunk);
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error';
}
