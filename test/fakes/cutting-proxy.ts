import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** When the wire is cut: before the request reaches the server, or after it was served and before its reply returns. */
type Cut = { readonly when: 'before' | 'after'; readonly method: string };

export interface CuttingProxy {
  readonly port: number;
  /** Cuts the wire once, at the next request of this method. */
  readonly cutNext: (cut: Cut) => void;
  /** Cuts that were made. */
  readonly cuts: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * A wire to an HTTP server on the loopback interface that can be cut at one request. Only for requests and replies that
 * come one after the other on a connection, as Node's HTTP client sends them.
 */
export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const planned: Cut[] = [];
  let cuts = 0;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let isReplyCut = false;
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (chunk) => {
      const [cut] = planned;
      if (cut !== undefined && chunk.subarray(0, 10).toString('latin1').startsWith(`${cut.method} `)) {
        planned.shift();
        cuts += 1;
        if (cut.when === 'before') {
          client.resetAndDestroy();
          return;
        }
        isReplyCut = true;
      }
      target.write(chunk);
    });
    target.on('data', (chunk) => {
      if (isReplyCut) {
        client.resetAndDestroy();
      } else {
        client.write(chunk);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new TypeError('The proxy listens on no port.');
  }
  return {
    port: address.port,
    cutNext: (cut) => void planned.push(cut),
    cuts: () => cuts,
    stop: async () => {
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await once(server, 'close');
    },
  };
}
