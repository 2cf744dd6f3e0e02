import type { Socket } from 'node:net';
import { conditions, type AmqpError } from '../amqp/amqp-error.ts';
import { maxFrameBytes, type RheaConnection } from '../amqp/rhea-seam.ts';

/** How long a client gets to read why it was cut off. */
const lastWordsMs = 1000;

/**
 * Stands between a socket and rhea. What is no AMQP, or breaks its rules, ends the connection with an error and nothing
 * that comes after it is read; rhea would go on with the bytes that follow. A frame that is announced larger than what
 * the client was told is refused before it is gathered.
 */
export function guardConnection(connection: RheaConnection, socket: Socket, log: (line: string) => void): void {
  let isOver = false;
  const end = (error: AmqpError): void => {
    if (isOver) {
      return;
    }
    isOver = true;
    log(`ended a connection: ${error.condition} ${error.description}`);
    if (connection.is_open()) {
      connection.local.close.error = error;
      connection._write_close();
    }
    socket.end();
    setTimeout(() => socket.destroy(), lastWordsMs).unref();
  };
  const take = connection.input.bind(connection);
  connection.input = (bytes) => {
    if (isOver) {
      return;
    }
    take(bytes);
    const { frame_size: size } = connection;
    if (size !== undefined && size > maxFrameBytes) {
      const description = `A frame of ${size} bytes exceeds the max-frame-size of ${maxFrameBytes}.`;
      end({ condition: conditions.framingError, description });
    }
  };
  connection.on('session_open', () => {
    if (!connection.is_open()) {
      end({ condition: conditions.illegalState, description: 'A session was begun before the connection was opened.' });
    }
  });
  for (const trouble of ['error', 'protocol_error']) {
    connection.on(trouble, (problem) => {
      const description = problem instanceof Error ? problem.message : 'The frames could not be read.';
      end({ condition: conditions.decodeError, description });
    });
  }
}
