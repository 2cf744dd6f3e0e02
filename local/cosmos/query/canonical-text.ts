import { isArray, isObject, type Json } from '../json.ts';

/** JSON with the names in order, so that equal values have equal texts. */
export function canonicalText(value: Json): string {
  if (isArray(value)) {
    return `[${value.map(canonicalText).join(',')}]`;
  }
  if (isObject(value)) {
    const members = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
