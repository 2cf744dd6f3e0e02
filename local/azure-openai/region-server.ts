import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { datedResponse } from '../dated-response.ts';
import { listen } from './listen.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * The HTTP listener of one region, or of the admin endpoint. It can go down and come back on the same port:
 * while it is down connections are refused, and those that were open are cut.
 */
export class RegionServer {
  readonly #handle: Handler;
  readonly #log: (line: string) => void;
  readonly #now: () => number;
  readonly #running = new Set<Promise<void>>();
  #server: Server | undefined;
  #port: number;

  constructor(facts: {
    readonly port: number;
    readonly handle: Handler;
    readonly log: (line: string) => void;
    /** Epoch milliseconds, for the `Date` of every answer. */
    readonly now: () => number;
  }) {
    this.#port = facts.port;
    this.#handle = facts.handle;
    this.#log = facts.log;
    this.#now = facts.now;
  }

  get port(): number {
    return this.#port;
  }

  get isDown(): boolean {
    return this.#server === undefined;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) {
      return;
    }
    const options = { keepAliveTimeout: 120_000, ServerResponse: datedResponse(this.#now) };
    const server = createServer(options, (request, response) => this.#serve(request, response));
    this.#server = server;
    try {
      this.#port = await listen(server, this.#port);
    } catch (error) {
      this.#server = undefined;
      throw error;
    }
  }

  /** Resolves when no connection is left and every call has ended. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    }
    await Promise.allSettled(this.#running);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const running = this.#handle(request, response)
      .catch((error: unknown) => this.#fail(error, response))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #fail(error: unknown, response: ServerResponse): void {
    if (response.destroyed) {
      return;
    }
    this.#log(`azure-openai: a call failed in the simulator itself: ${String(error)}`);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        error: { message: `The local Azure OpenAI failed: ${String(error)}`, type: 'simulator_error' },
      }),
    );
  }
}
