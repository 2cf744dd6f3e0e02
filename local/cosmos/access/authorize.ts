import { checkToken } from './aad-token.ts';
import { openSignatureCheck, type AccountKeys } from './check-signature.ts';
import { CosmosError } from '../cosmos-error.ts';

export interface AuthorizedRequest {
  readonly method: string;
  /** As it came, for messages. */
  readonly path: string;
  readonly resource: { readonly type: string; readonly link: string };
  /** The `authorization` and the `x-ms-date` (or `date`) header. */
  readonly authorization: string | undefined;
  readonly date: string | undefined;
  readonly nowMs: number;
  /** Whether it changes nothing. */
  readonly isRead: boolean;
  /** Whether it came inside of TLS. */
  readonly isSecure: boolean;
}

/**
 * Checks who asks: by a key's signature (`type=master`), or by a token of Entra ID (`type=aad`), which is taken inside
 * of TLS alone and is good for data alone, as with the service's built-in role of a data contributor. Throws
 * `CosmosError`: 401 for a signature or a token that is missing or wrong, 403 for what it does not cover.
 */
export function openAuthorization(
  account: AccountKeys & { readonly audiences: readonly string[] },
): (request: AuthorizedRequest) => void {
  const checkSignature = openSignatureCheck(account);
  return (request) => {
    const { authorization, nowMs } = request;
    const { type, signature } = readAuthorization(authorization);
    switch (type) {
      case 'master':
        checkSignature({ ...request, signature });
        return;
      case 'aad':
        requireTls(request);
        checkToken(signature, { ...account, nowMs });
        refuseManagement(request);
        return;
      default:
        throw new CosmosError(
          'Unauthorized',
          `The embedded Cosmos DB does not carry authorization of the type '${type}': keys (master) and tokens (aad) alone.`,
        );
    }
  };
}

function readAuthorization(header: string | undefined): { readonly type: string; readonly signature: string } {
  if (header === undefined) {
    throw new CosmosError('Unauthorized', 'Required Header authorization is missing.');
  }
  const parts = /^type=(?<type>[^&]*)&ver=1\.0&sig=(?<signature>.*)$/u.exec(decode(header))?.groups;
  if (parts === undefined) {
    throw new CosmosError('Unauthorized', 'The authorization header is not of the form type=…&ver=1.0&sig=….');
  }
  return { type: parts['type'] ?? '', signature: parts['signature'] ?? '' };
}

function requireTls({ isSecure }: AuthorizedRequest): void {
  if (!isSecure) {
    throw new CosmosError('Unauthorized', 'AAD tokens are taken over TLS alone.');
  }
}

/** Databases, containers and their throughput are managed through Azure Resource Manager by those who have no key. */
function refuseManagement({ isRead, method, path, resource }: AuthorizedRequest): void {
  if (resource.type === 'offers' || (!isRead && (resource.type === 'dbs' || resource.type === 'colls'))) {
    throw new CosmosError(
      'Forbidden',
      `Request blocked by Auth: The given request [${method} ${path}] cannot be authorized by AAD token in data plane.`,
      { substatus: 5300 },
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new CosmosError('Unauthorized', 'The authorization header does not decode.', { cause });
  }
}
