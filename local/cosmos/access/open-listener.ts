import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Certificate } from '../../tls/self-signed-certificate.ts';

export interface Listener {
  readonly port: number;
  /** Cuts everybody off. */
  readonly close: () => Promise<void>;
}

/**
 * Listens on the loopback interface for clients that speak HTTP plainly or inside of TLS: the first byte of a connection
 * tells which. Without a certificate whoever speaks TLS is cut off.
 */
export async function openListener(settings: {
  /** 0 for a free one. */
  readonly port: number;
  readonly http: HttpServer;
  readonly certificate: Certificate | undefined;
}): Promise<Listener> {
  const { certificate, http } = settings;
  const tls = certificate === undefined ? undefined : createTlsServer({ ...certificate });
  tls?.on('secureConnection', (socket) => http.emit('connection', socket));
  tls?.on('tlsClientError', (_, socket) => socket.destroy());
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // Whoever takes the connection over listens as well; until then an error only means that the client has gone.
    socket.on('error', () => undefined);
    whenSpoken(socket, (firstByte) => {
      if (firstByte !== handshakeByte) {
        http.emit('connection', socket);
      } else if (tls === undefined) {
        socket.destroy();
      } else {
        tls.emit('connection', socket);
      }
    });
  });
  const port = await listen(server, settings.port);
  return {
    port,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) {
          socket.destroy();
        }
      });
    },
  };
}

/** The type of a TLS record that opens a handshake (RFC 8446, section 5.1); no method of HTTP begins with it. */
const handshakeByte = 0x16;

/** Calls back once a client has spoken, with nothing taken from what it said; never when it leaves without a word. */
function whenSpoken(socket: Socket, spoken: (firstByte: number | undefined) => void): void {
  const leave = (): void => {
    socket.destroy();
  };
  socket.once('end', leave);
  const read = (): void => {
    const chunk: unknown = socket.read();
    if (!Buffer.isBuffer(chunk)) {
      socket.once('readable', read);
      return;
    }
    socket.off('end', leave);
    socket.unshift(chunk);
    spoken(chunk[0]);
  };
  socket.once('readable', read);
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('The server listens on no port.');
  }
  return address.port;
}
