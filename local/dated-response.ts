import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * A response whose `Date` is read from the clock as its head is written, whoever writes it, Node's own refusals
 * included. Node's own `Date` is cached by a timer, which runs late when the loop does, and clients bound their clocks by
 * it.
 */
export function datedResponse(now: () => number): typeof ServerResponse<IncomingMessage> {
  return class DatedResponse extends ServerResponse {
    override writeHead(status: number, reasonOrHeaders?: string | Headers, headers?: Headers): this {
      const date = new Date(now()).toUTCString();
      if (typeof reasonOrHeaders === 'object' && !Array.isArray(reasonOrHeaders)) {
        // Faster than `setHeader`, which costs a walk over all headers.
        return super.writeHead(status, { date, ...reasonOrHeaders });
      }
      this.setHeader('date', date);
      return typeof reasonOrHeaders === 'string'
        ? super.writeHead(status, reasonOrHeaders, headers)
        : super.writeHead(status, reasonOrHeaders);
    }
  };
}
