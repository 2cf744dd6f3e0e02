import type { Socket } from 'node:net';
import type { RheaConnection } from './rhea-seam.ts';

/** Frames are copied together up to this size; larger ones are written as they are. */
const largestCopied = 16_384;

/**
 * Writes what rhea has to say in one round of its work at once. By itself it hands every frame to the socket on its own,
 * and sets the timer of its heartbeat anew each time.
 */
export function gatherWrites(connection: RheaConnection, socket: Socket): void {
  const work = connection._process.bind(connection);
  const output = connection.output.bind(connection);
  const write = connection.transport.write.bind(connection.transport);
  let isAtWork = false;
  let hasOutput = false;
  connection.output = () => {
    if (isAtWork) {
      hasOutput = true;
    } else {
      output();
    }
  };
  connection.transport.write = () => {
    const frames: Buffer[] = [];
    write({ write: (frame) => frames.push(frame) });
    writeTogether(socket, frames);
  };
  connection._process = () => {
    isAtWork = true;
    try {
      work();
    } finally {
      isAtWork = false;
    }
    if (hasOutput) {
      hasOutput = false;
      output();
    }
  };
}

function writeTogether(socket: Socket, frames: readonly Buffer[]): void {
  let small: Buffer[] = [];
  const flush = (): void => {
    if (small.length > 0) {
      socket.write(Buffer.concat(small));
      small = [];
    }
  };
  socket.cork();
  for (const frame of frames) {
    if (frame.length > largestCopied) {
      flush();
      socket.write(frame);
    } else {
      small.push(frame);
    }
  }
  flush();
  socket.uncork();
}
