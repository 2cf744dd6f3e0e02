import { timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface AuthorisationCheck {
  readonly authLevel: 'anonymous' | 'function' | 'admin';
  /** The one key of this host, good for both levels as a master key is; absent: keys are not asked for. */
  readonly functionKey: string | undefined;
  readonly request: IncomingMessage;
  readonly url: URL;
}

/** The key comes in the header `x-functions-key` or the query parameter `code` ("Work with access keys"). */
export function isAuthorised({ authLevel, functionKey, request, url }: AuthorisationCheck): boolean {
  if (authLevel === 'anonymous' || functionKey === undefined) {
    return true;
  }
  const given = request.headers['x-functions-key'] ?? url.searchParams.get('code');
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(functionKey));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
