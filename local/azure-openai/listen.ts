import type { Server } from 'node:http';

/** Listens on loopback and gives the port. Rejects when it is taken. */
export async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', () => {
    server.off('error', reject);
    resolve();
  });
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The server listens on a pipe, not on a port.');
  }
  return address.port;
}
