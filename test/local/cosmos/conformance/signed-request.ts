import { createHmac } from 'node:crypto';
import { account } from './endpoint.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when there is no body. */
  readonly body: unknown;
}

/**
 * A request as an SDK would not send it, signed by hand
 * (learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources).
 */
export async function signedRequest(request: {
  readonly method: string;
  /** `dbs/app/colls/items/docs` */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** In place of a body, as it is. */
  readonly rawBody?: string;
  readonly dateMs?: number;
  /** What is signed, when it is not the path's own type and link. */
  readonly signed?: { readonly type: string; readonly link: string };
}): Promise<RawAnswer> {
  const { method, path, headers = {}, body, rawBody, dateMs = Date.now(), signed = resourceOf(path) } = request;
  const { endpoint, key } = await account();
  const date = new Date(dateMs).toUTCString();
  const text = `${method.toLowerCase()}\n${signed.type}\n${signed.link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64');
  const response = await fetch(new URL(path, endpoint), {
    method,
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      'x-ms-date': date,
      'x-ms-version': '2020-07-15',
      ...headers,
    },
    body: rawBody ?? (body === undefined ? null : JSON.stringify(body)),
  });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, body: answer === '' ? undefined : JSON.parse(answer) };
}

function resourceOf(path: string): { readonly type: string; readonly link: string } {
  const segments = path.split('/').filter((segment) => segment !== '');
  const isFeed = segments.length % 2 === 1;
  return {
    type: segments.at(isFeed ? -1 : -2) ?? '',
    link: (isFeed ? segments.slice(0, -1) : segments).map((segment) => decodeURIComponent(segment)).join('/'),
  };
}
