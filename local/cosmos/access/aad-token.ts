import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { CosmosError } from '../cosmos-error.ts';

/**
 * Tokens of Microsoft Entra ID as the embedded account takes and issues them: JSON Web Tokens (RFC 7519) with the claims
 * of a managed identity. Nobody can check Entra's own signatures without asking Entra, so the account takes none but its
 * own: signed with its key (HS256), where Entra signs with a key of its tenant (RS256).
 */
export interface TokenRequest {
  /** The account key, in base64. */
  readonly key: string;
  /** What the token is for: `https://127.0.0.1:8081` */
  readonly audience: string;
  readonly nowMs: number;
}

const tenant = '00000000-0000-0000-0000-000000000001';
export const identityId = '00000000-0000-0000-0000-000000000002';
const lifetimeMs = 24 * 3_600_000;
/** Between the clocks of two machines. */
const toleranceMs = 5 * 60_000;

export interface IssuedToken {
  readonly token: string;
  readonly expiresMs: number;
}

export function issueToken({ key, audience, nowMs }: TokenRequest): IssuedToken {
  const issuedSeconds = Math.floor(nowMs / 1000);
  const expiresSeconds = issuedSeconds + lifetimeMs / 1000;
  const claims = {
    aud: audience,
    iss: `https://sts.windows.net/${tenant}/`,
    iat: issuedSeconds,
    nbf: issuedSeconds,
    exp: expiresSeconds,
    appid: identityId,
    oid: identityId,
    sub: identityId,
    tid: tenant,
  };
  const text = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
  return { token: `${text}.${sign(text, key).toString('base64url')}`, expiresMs: expiresSeconds * 1000 };
}

const headerSchema = z.object({ alg: z.string() });
const claimsSchema = z.object({
  aud: z.string(),
  exp: z.number(),
  nbf: z.number().optional(),
  oid: z.string(),
});

/** Throws `CosmosError` (401) for a token that is not whole, not of this account, for another audience or out of time. */
export function checkToken(
  token: string,
  account: { readonly key: string; readonly audiences: readonly string[]; readonly nowMs: number },
): void {
  const [head = '', claims = '', signature = '', ...rest] = token.split('.');
  const header = headerSchema.safeParse(decode(head));
  const body = claimsSchema.safeParse(decode(claims));
  if (!header.success || !body.success || rest.length > 0) {
    throw unauthorized('it is no JSON Web Token with the claims aud, exp and oid');
  }
  const expected = sign(`${head}.${claims}`, account.key);
  const given = Buffer.from(signature, 'base64url');
  if (header.data.alg !== 'HS256' || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw unauthorized('it is not issued by the embedded account, which cannot check the signatures of Entra ID');
  }
  const { aud, exp, nbf = 0 } = body.data;
  if (!account.audiences.includes(aud.replace(/\/$/u, ''))) {
    throw unauthorized(`its audience '${aud}' is not this account`);
  }
  if (account.nowMs > exp * 1000 + toleranceMs || account.nowMs < nbf * 1000 - toleranceMs) {
    throw unauthorized('it is expired, or not valid yet');
  }
}

function unauthorized(reason: string): CosmosError {
  return new CosmosError('Unauthorized', `The AAD token in the authorization header cannot be accepted: ${reason}.`);
}

function sign(text: string, key: string): Buffer {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest();
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
