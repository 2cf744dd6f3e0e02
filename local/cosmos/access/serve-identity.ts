import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { identityId, issueToken } from './aad-token.ts';

/** Where clients with a managed identity get tokens: what App Service has in the environment of its apps. */
export interface IdentityEndpoint {
  /** For `IDENTITY_ENDPOINT`. */
  readonly url: string;
  /** For `IDENTITY_HEADER`: what shows that a client may ask. */
  readonly header: string;
}

const path = '/identity/token';

/** The secret is made from the account's key, so that it outlives a restart. */
export function identityEndpoint(endpoint: string, key: string): IdentityEndpoint {
  const header = createHmac('sha256', Buffer.from(key, 'base64')).update('identity header').digest('hex');
  return { url: new URL(path, endpoint).href, header };
}

export function isIdentityRequest(incoming: IncomingMessage): boolean {
  return incoming.url?.startsWith(`${path}?`) === true;
}

/**
 * Answers with a token of the account's own for its managed identity
 * (learn.microsoft.com/azure/app-service/overview-managed-identity, "REST endpoint reference").
 */
export function serveIdentity(
  account: { readonly key: string; readonly audiences: readonly string[]; readonly header: string },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const audience = new URL(incoming.url ?? '/', 'http://localhost').searchParams.get('resource')?.replace(/\/$/u, '');
  if (incoming.method !== 'GET' || audience === undefined || !account.audiences.includes(audience)) {
    answer(outgoing, 400, { statusCode: 400, message: `Tokens are issued for ${account.audiences.join(', ')}.` });
  } else if (!isSame(String(incoming.headers['x-identity-header']), account.header)) {
    answer(outgoing, 401, { statusCode: 401, message: 'The header X-IDENTITY-HEADER is missing or wrong.' });
  } else {
    const { expiresMs, token } = issueToken({ key: account.key, audience, nowMs: Date.now() });
    answer(outgoing, 200, {
      access_token: token,
      expires_on: String(expiresMs / 1000),
      resource: audience,
      token_type: 'Bearer',
      client_id: identityId,
    });
  }
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function answer(outgoing: ServerResponse, status: number, body: object): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify(body));
}
