import type { JsonObject } from '../json.ts';

/** JSON of an object with one more field, whose value is JSON already: of tens of megabytes it is neither read nor written anew. */
export function withField(object: JsonObject, name: string, value: string): string {
  const [head, rest] = [JSON.stringify(object).slice(0, -1), `${JSON.stringify(name)}:${value}}`];
  return head === '{' ? `{${rest}` : `${head},${rest}`;
}
