import type { Socket } from 'node:net';

/** What a client speaks, by the first byte that it sends. */
export type Protocol = 'amqp' | 'tls' | 'http';

/** `A` of the protocol header `AMQP`, which no HTTP method starts with. */
const amqpByte = 0x41;
/** A TLS record of a handshake (RFC 8446, section 5.1). */
const tlsByte = 0x16;

/** Calls back once a client has spoken, with nothing taken from what it said; never when it leaves without a word. */
export function whenProtocolKnown(socket: Socket, known: (protocol: Protocol) => void): void {
  const read = (): void => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) {
      socket.once('readable', read);
      return;
    }
    socket.unshift(chunk);
    known(protocolOf(chunk[0]));
  };
  socket.once('readable', read);
}

function protocolOf(byte: number | undefined): Protocol {
  if (byte === amqpByte) {
    return 'amqp';
  }
  return byte === tlsByte ? 'tls' : 'http';
}
