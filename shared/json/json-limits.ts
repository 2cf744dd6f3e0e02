/** How large a JSON text may grow once it is read. */
export interface JsonLimits {
  /** Arrays and objects inside each other. */
  readonly deepest: number;
  /** Values, those of arrays and objects included. */
  readonly mostValues: number;
  /** Keys of one object: they are sorted for the digest, which cannot be done bit by bit. */
  readonly mostKeys: number;
}

/** One thing that is wrong with a JSON text, and where: `request.body.messages[2].content`. */
export interface JsonProblem {
  readonly path: string;
  readonly message: string;
}

/** Characters of one key that a path shows: a key may be megabytes long. */
const shownKey = 64;

/** The path of a value, from the keys and indexes that lead to it. */
export function jsonPath(parts: readonly PropertyKey[]): string {
  return parts
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${shorten(String(part))}`))
    .join('')
    .replace(/^\./u, '');
}

function shorten(key: string): string {
  const shown = key.length > shownKey ? `${key.slice(0, shownKey)}…` : key;
  return shown.toWellFormed();
}
