import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from './match-route.ts';
import type { HttpBinding } from '../app/read-bindings.ts';

export interface HttpFunction {
  readonly name: string;
  readonly binding: HttpBinding;
  /** From the root: `/api/jobs/{id}`. */
  readonly route: Route;
}

/** One request that a function will answer. */
export interface HttpCall {
  readonly target: HttpFunction;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly parameters: Readonly<Record<string, string>>;
}

export function answerEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': '0' }).end();
}
