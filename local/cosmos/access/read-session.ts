import type { Container } from '../containers/catalog.ts';
import { CosmosError } from '../cosmos-error.ts';
import type { CosmosRequest } from '../service.ts';

/**
 * Session tokens have the form `{range}:{version}#{lsn}`, several with commas in between, with the progress of regions
 * behind (`#1=5`): the number of the last write that the client has seen or made (`@azure/cosmos`, VectorSessionToken).
 */
export function sessionToken(container: Container): string {
  return `${range}:-1#${container.writes.last()}`;
}

const range = '0';

/**
 * Refuses a read that asks for more than the account gives: writes that it has not seen (404, substatus 1002), as they
 * would be after a fall back to an older state, or a stronger consistency than the account's (400).
 */
export function requireSession(container: Container, { header }: CosmosRequest): void {
  const level = header('x-ms-consistency-level');
  if (level !== undefined && !levels.has(level.toLowerCase())) {
    throw new CosmosError(
      'BadRequest',
      `ConsistencyLevel ${level} specified in the request is invalid when service is configured with consistency level Session. Ensure the request consistency level is not stronger than the service consistency level.`,
    );
  }
  const token = header('x-ms-session-token');
  if (token !== undefined && token !== '' && readToken(token) > container.writes.last()) {
    throw new CosmosError('NotFound', 'The read session is not available for the input session token.', {
      substatus: 1002,
    });
  }
}

const levels = new Set(['session', 'consistentprefix', 'eventual']);

/** The number of the write in the token of the one range; 0 when there is none. */
function readToken(token: string): number {
  const lsns = token.split(',').map((part) => {
    const fields = /^(?<range>[^:]+):(?:-?\d+#)?(?<lsn>\d+)(?:#\d+=-?\d+)*$/u.exec(part.trim())?.groups;
    if (fields === undefined) {
      throw new CosmosError('BadRequest', `The session token provided '${token}' is invalid.`);
    }
    return fields['range'] === range ? Number(fields['lsn']) : 0;
  });
  return Math.max(0, ...lsns);
}
