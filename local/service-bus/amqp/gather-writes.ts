import type { Socket } from 'node:net';
import type { RheaConnection } from './rhea-seam.ts';

/** Frames are copied together up to this size; larger ones are written as they are. */
const largestCopied = 16_384;

/**
 * Writes what rhea has to say in one round of its work at once. By itself it hands every frame to the socket on its own,
 * and sets the timer of its heartbeat anew each time. Frames are still encoded when they are said: rhea changes what they
 * are made of afterwards.
 */
export function gatherWrites(connection: RheaConnection, socket: Socket): void {
  const work = connection._process.bind(connection);
  const output = connection.output.bind(connection);
  const encode = connection.transport.write.bind(connection.transport);
  const frames: Buffer[] = [];
  const gather = { write: (frame: Buffer) => frames.push(frame) };
  let isAtWork = false;
  connection.transport.write = () => {
    encode(gather);
    if (!isAtWork) {
      writeTogether(socket, frames.splice(0));
    }
  };
  connection.output = () => {
    if (!isAtWork) {
      output();
      return;
    }
    try {
      encode(gather);
    } catch {
      // rhea meets the same again, and ends the connection with it.
      output();
    }
  };
  connection._process = () => {
    isAtWork = true;
    try {
      work();
    } finally {
      isAtWork = false;
    }
    if (frames.length > 0) {
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
