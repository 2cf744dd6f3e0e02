import { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { ProgrammingModel } from './worker-contract.ts';

/**
 * Ends the app's setup, and gives the HTTP server that `@azure/functions` makes when the app switched HTTP streams on.
 *
 * The library would let it listen on every interface, for the host to forward requests to. Here host and app share a
 * process, so requests are handed to it directly (see `answer-streamed.ts`) and it never listens: `listen` is replaced
 * for the synchronous part of `getCapabilities`, in which the library calls it.
 */
export async function openStreamServer(model: ProgrammingModel): Promise<HttpServer | undefined> {
  const listen = Object.getOwnPropertyDescriptor(NetServer.prototype, 'listen');
  if (listen === undefined) {
    throw new Error('Node has no net.Server.prototype.listen to hold back.');
  }
  let streamServer: HttpServer | undefined;
  Object.defineProperty(NetServer.prototype, 'listen', {
    ...listen,
    value(this: NetServer, ...parameters: readonly unknown[]) {
      streamServer ??= holdBack(this, parameters.at(-1));
      return this;
    },
  });
  let capabilities: Promise<Record<string, string>>;
  try {
    capabilities = model.getCapabilities({});
  } finally {
    Object.defineProperty(NetServer.prototype, 'listen', listen);
  }
  const { HttpUri: streamAddress } = await capabilities;
  if (streamAddress !== undefined && streamServer === undefined) {
    throw new Error('The app switched HTTP streams on, but @azure/functions made no HTTP server in getCapabilities.');
  }
  return streamServer;
}

/** Tells the library that its server listens. */
function holdBack(server: NetServer, ready: unknown): HttpServer | undefined {
  server.address = () => ({ address: '127.0.0.1', family: 'IPv4', port: neverOpened });
  if (typeof ready === 'function') {
    server.once('listening', () => {
      Reflect.apply(ready, server, []);
    });
  }
  process.nextTick(() => server.emit('listening'));
  return server instanceof HttpServer ? server : undefined;
}

/** Only has to be a port that the library takes for assigned. */
const neverOpened = 1;
