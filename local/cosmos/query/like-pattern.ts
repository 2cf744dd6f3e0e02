/** One character of a pattern. */
type Unit =
  | { readonly kind: 'one'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

type Segment = readonly Unit[];

/**
 * Compiles a pattern of LIKE: `%` for any text, `_` for one character, `[a-f]`, `[^a-f]`, and an escape character. The
 * pieces between the `%` are looked for one after the other and never again, so that no pattern makes it slow. A
 * character is a UTF-16 unit.
 */
export function compilePattern(pattern: string, escape: string | undefined): (text: string) => boolean {
  const segments = readSegments(pattern, escape);
  const [first = []] = segments;
  const last = segments.at(-1) ?? [];
  if (segments.length === 1) {
    return (text) => text.length === first.length && fits(first, text, 0);
  }
  const middle = segments.slice(1, -1).filter((segment) => segment.length > 0);
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !fits(first, text, 0) || !fits(last, text, end)) {
      return false;
    }
    let position = first.length;
    for (const segment of middle) {
      const found = find(segment, text, { from: position, to: end });
      if (found < 0) {
        return false;
      }
      position = found + segment.length;
    }
    return true;
  };
}

function readSegments(pattern: string, escape: string | undefined): readonly Segment[] {
  const segments: Unit[][] = [[]];
  let position = 0;
  while (position < pattern.length) {
    const character = pattern.charAt(position);
    const set = character === '[' ? readSet(pattern, position) : undefined;
    if (character === escape && position + 1 < pattern.length) {
      segments.at(-1)?.push({ kind: 'one', character: pattern.charAt(position + 1) });
      position += 2;
    } else if (set !== undefined) {
      segments.at(-1)?.push(set.unit);
      position = set.end;
    } else {
      if (character === '%') {
        segments.push([]);
      } else {
        segments.at(-1)?.push(character === '_' ? { kind: 'any' } : { kind: 'one', character });
      }
      position += 1;
    }
  }
  return segments;
}

/** The set that opens at the position; undefined when nothing closes it, and the bracket means itself. */
function readSet(pattern: string, position: number): { readonly unit: Unit; readonly end: number } | undefined {
  const negated = pattern.charAt(position + 1) === '^';
  const start = position + (negated ? 2 : 1);
  const close = pattern.indexOf(']', start + 1);
  if (close < 0) {
    return undefined;
  }
  const ranges: (readonly [string, string])[] = [];
  for (let index = start; index < close; index += 1) {
    const low = pattern.charAt(index);
    const isRange = pattern.charAt(index + 1) === '-' && index + 2 < close;
    ranges.push([low, isRange ? pattern.charAt(index + 2) : low]);
    index += isRange ? 2 : 0;
  }
  return { unit: { kind: 'set', negated, ranges }, end: close + 1 };
}

function find(segment: Segment, text: string, { from, to }: { readonly from: number; readonly to: number }): number {
  const plain = segment.map((unit) => (unit.kind === 'one' ? unit.character : '')).join('');
  if (plain.length === segment.length) {
    const found = text.indexOf(plain, from);
    return found + segment.length > to ? -1 : found;
  }
  for (let position = from; position + segment.length <= to; position += 1) {
    if (fits(segment, text, position)) {
      return position;
    }
  }
  return -1;
}

function fits(segment: Segment, text: string, position: number): boolean {
  return segment.every((unit, index) => {
    const character = text.charAt(position + index);
    switch (unit.kind) {
      case 'any':
        return character !== '';
      case 'one':
        return character === unit.character;
      case 'set':
        return unit.ranges.some(([low, high]) => low <= character && character <= high) !== unit.negated;
    }
  });
}
