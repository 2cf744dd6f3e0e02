import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

export interface LogFile {
  readonly path: string;
  readonly write: (line: string) => void;
  readonly close: () => Promise<void>;
}

/** Appends lines to a file, each with its time. A disk that fails costs log lines, never the run. */
export function openLogFile(path: string): LogFile {
  const stream = createWriteStream(path, { flags: 'a' });
  stream.on('error', () => undefined);
  return {
    path,
    write: (line) => {
      stream.write(`${new Date().toISOString()} ${line}\n`);
    },
    close: async () => {
      if (!stream.destroyed) {
        stream.end();
        await once(stream, 'close');
      }
    },
  };
}
