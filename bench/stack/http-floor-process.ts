/**
 * A bare HTTP server: what an SDK can do with a server that does nothing but answer. It knows the account, with its own
 * address in it, and answers any other request with the same item. Its ready line has the address; SIGTERM stops it.
 */
import { createServer } from 'node:http';
import { z } from 'zod';

const { account, item, headers } = z
  .object({ account: z.string(), item: z.string(), headers: z.record(z.string(), z.string()) })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  const body = request.url === '/' ? account.replaceAll('{endpoint}', endpoint()) : item;
  request.resume();
  request.once('end', () => {
    response.writeHead(request.method === 'POST' ? 201 : 200, {
      ...headers,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    });
    response.end(body);
  });
});

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ endpoint: endpoint() }));
});
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});

function endpoint(): string {
  const address = server.address();
  return address === null || typeof address === 'string' ? '' : `http://127.0.0.1:${address.port}/`;
}
