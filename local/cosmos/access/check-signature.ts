import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { CosmosError } from '../cosmos-error.ts';

interface SignedRequest {
  readonly method: string;
  readonly resource: { readonly type: string; readonly link: string };
  /** In base64. */
  readonly signature: string;
  /** The `x-ms-date` (or `date`) header. */
  readonly date: string | undefined;
  readonly nowMs: number;
  /** Whether it changes nothing. */
  readonly isRead: boolean;
}

/** In base64. */
export interface AccountKeys {
  readonly key: string;
  /** Good for reads and queries alone. */
  readonly readOnlyKey?: string | undefined;
}

/** A request may be 15 minutes old at most, or ahead. */
const toleranceMs = 15 * 60 * 1000;

/**
 * Checks the signature with the account's keys: HMAC-SHA256 over verb, resource type, resource link and date
 * (learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources). Throws `CosmosError`: 401 for a
 * signature that is missing or wrong, 403 for a date outside of the window, and for a write with the read-only key.
 */
export function openSignatureCheck(keys: AccountKeys): (request: SignedRequest) => void {
  const full = createSecretKey(keys.key, 'base64');
  const readOnly = keys.readOnlyKey === undefined ? undefined : createSecretKey(keys.readOnlyKey, 'base64');
  return ({ method, resource, signature, date, nowMs, isRead }) => {
    if (date === undefined) {
      throw new CosmosError('Unauthorized', 'The date of the signature is missing (x-ms-date).');
    }
    const given = Buffer.from(signature, 'base64');
    const text = `${method.toLowerCase()}\n${resource.type.toLowerCase()}\n${resource.link}\n${date.toLowerCase()}\n\n`;
    const isFull = isSigned({ text, given, secret: full });
    if (!isFull && (readOnly === undefined || !isSigned({ text, given, secret: readOnly }))) {
      throw new CosmosError('Unauthorized', 'The input authorization token cannot serve the request: wrong key.');
    }
    const sentMs = Date.parse(date);
    if (Number.isNaN(sentMs) || Math.abs(nowMs - sentMs) > toleranceMs) {
      throw new CosmosError('Forbidden', 'The authorization token is not valid at the current time.');
    }
    if (!isFull && !isRead) {
      throw new CosmosError(
        'Forbidden',
        'Insufficient permissions provided in the authorization header for the corresponding request: the key is read-only.',
      );
    }
  };
}

function isSigned(check: { readonly text: string; readonly given: Buffer; readonly secret: KeyObject }): boolean {
  const expected = createHmac('sha256', check.secret).update(check.text).digest();
  return check.given.length === expected.length && timingSafeEqual(check.given, expected);
}
