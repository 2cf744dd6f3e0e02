import { Server as HttpServer } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { ProgrammingModel } from '../app/worker-contract.ts';

/** The server that `@azure/functions` makes for the requests of HTTP functions. */
export interface StreamServer {
  readonly server: HttpServer;
  readonly port: number;
}

/**
 * Ends the app's setup, and opens the HTTP server that `@azure/functions` makes when the app switched HTTP streams on.
 *
 * The library would let it listen on every interface, for the host to forward requests to. Here it listens on a free
 * port of the loopback address: `listen` is replaced for the synchronous part of `getCapabilities`, in which the library
 * calls it.
 */
export async function openStreamServer(model: ProgrammingModel): Promise<StreamServer | undefined> {
  const descriptor = Object.getOwnPropertyDescriptor(NetServer.prototype, 'listen');
  const listen: unknown = descriptor?.value;
  if (descriptor === undefined || typeof listen !== 'function') {
    throw new Error('Node has no net.Server.prototype.listen to bind to the loopback address.');
  }
  let server: HttpServer | undefined;
  Object.defineProperty(NetServer.prototype, 'listen', {
    ...descriptor,
    value(this: NetServer, ...parameters: readonly unknown[]) {
      server ??= this instanceof HttpServer ? this : undefined;
      const ready = parameters.filter((parameter) => typeof parameter === 'function');
      Reflect.apply(listen, this, [0, '127.0.0.1', ...ready]);
      return this;
    },
  });
  let capabilities: Promise<Record<string, string>>;
  try {
    capabilities = model.getCapabilities({});
  } finally {
    Object.defineProperty(NetServer.prototype, 'listen', descriptor);
  }
  const { HttpUri: streamAddress } = await capabilities;
  if (streamAddress === undefined) {
    return undefined;
  }
  if (server === undefined) {
    throw new Error('The app switched HTTP streams on, but @azure/functions made no HTTP server in getCapabilities.');
  }
  return { server, port: Number(new URL(streamAddress).port) };
}
