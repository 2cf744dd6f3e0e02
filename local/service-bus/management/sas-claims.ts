import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a token was found to be worth. `scope` is the path below the namespace that it opens, '' for all of it. */
export type TokenCheck =
  | { readonly kind: 'granted'; readonly scope: string; readonly expiresAtMs: number }
  | { readonly kind: 'refused'; readonly description: string };

export interface SharedKey {
  readonly keyName: string;
  readonly key: string;
}

/**
 * Checks a shared access signature for an audience such as `sb://localhost:5672/queue`. The signature is
 * `HMAC-SHA256(key, sr + "\n" + se)` with `sr` still URL-encoded
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-sas).
 */
export function checkSasToken(token: string, audience: string, { keyName, key }: SharedKey, nowMs: number): TokenCheck {
  const prefix = 'SharedAccessSignature ';
  if (!token.startsWith(prefix)) {
    return { kind: 'refused', description: 'InvalidSignature: the token is not a shared access signature.' };
  }
  const fields = new Map(token.slice(prefix.length).split('&').map(splitField));
  const resource = fields.get('sr') ?? '';
  const expiry = fields.get('se') ?? '';
  if (
    decode(fields.get('skn') ?? '') !== keyName ||
    !signatureMatches(fields.get('sig'), key, `${resource}\n${expiry}`)
  ) {
    return { kind: 'refused', description: 'InvalidSignature: the token has an invalid signature.' };
  }
  const expiresAtMs = Number(expiry) * 1000;
  if (!(expiresAtMs > nowMs)) {
    return { kind: 'refused', description: `ExpiredToken: the token expired at ${expiry} seconds of the epoch.` };
  }
  const scope = pathOf(decode(resource));
  if (!covers(scope, pathOf(audience))) {
    return { kind: 'refused', description: `InvalidAudience: the token for '${scope}' does not cover '${audience}'.` };
  }
  return { kind: 'granted', scope, expiresAtMs };
}

/** The claims that one connection has put, by scope. They are looked at when a link opens; open links stay open. */
export class Claims {
  readonly #expiryByScope = new Map<string, number>();

  grant(scope: string, expiresAtMs: number): void {
    this.#expiryByScope.set(scope, expiresAtMs);
  }

  allows(path: string, nowMs: number): boolean {
    const wanted = path.toLowerCase();
    for (const [scope, expiresAtMs] of this.#expiryByScope) {
      if (expiresAtMs > nowMs && covers(scope, wanted)) {
        return true;
      }
    }
    return false;
  }
}

function splitField(field: string): [name: string, value: string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}

function signatureMatches(signature: string | undefined, key: string, text: string): boolean {
  const wanted = createHmac('sha256', key).update(text).digest();
  const given = Buffer.from(decode(signature ?? ''), 'base64');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) {
      return '';
    }
    throw error;
  }
}

/** The path below the namespace: scheme, host, port and query are whatever the client reached us by. */
function pathOf(uri: string): string {
  return uri
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/, '')
    .replace(/\?.*$/, '')
    .replace(/^\/+|\/+$/g, '');
}

function covers(scope: string, path: string): boolean {
  return scope === '' || path === scope || path.startsWith(`${scope}/`);
}
