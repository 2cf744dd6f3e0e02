import { CosmosError } from '../cosmos-error.ts';
import type { Value } from '../json.ts';

/** learn.microsoft.com/azure/cosmos-db/concepts-limits: ids of items have at most 1,023 bytes. */
const mostBytes = 1023;

/**
 * The id of an item, a container or a database: text of 1 to 1,023 bytes without `/`, `\`, `?`, `#` and without a
 * space at its end. Throws `CosmosError` (400).
 */
export function readResourceName(id: Value): string {
  if (typeof id !== 'string' || id === '') {
    throw new CosmosError('BadRequest', "The input content is invalid because the required property 'id' is missing.");
  }
  if (/[/\\?#]|\s$/u.test(id)) {
    throw new CosmosError('BadRequest', "An id may not hold '/', '\\', '?' or '#', nor end with a space.");
  }
  if (Buffer.byteLength(id, 'utf8') > mostBytes) {
    throw new CosmosError('BadRequest', `An id has at most ${mostBytes} bytes.`);
  }
  return id;
}
