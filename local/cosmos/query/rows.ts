import { parseJson, type Json } from '../json.ts';
import type { CompiledQuery } from './compile-query.ts';
import type { Frame, Usage } from './frame.ts';

/** One item as the store hands it out. Row ids rise with the order of insertion. */
export interface QueryRow {
  readonly rowId: number;
  /** Of the item's JSON, as far as it is known without writing it. */
  readonly characters: number;
  readonly text: () => string;
  /** The item, parsed when it is first looked at, and without its system properties where they are not asked for. */
  readonly item: (usage: Usage) => Json;
}

export function openRow(rowId: number, text: string): QueryRow {
  let item: Json | undefined;
  return { rowId, characters: text.length, text: () => text, item: () => (item ??= parseJson(text)) };
}

/**
 * Calls `visit` for each row that the joins make of what the frame holds and that the condition lets through. Stops,
 * and says so, as soon as `visit` says true.
 */
export function visitRows({ loops, matches }: CompiledQuery, frame: Frame, visit: () => boolean): boolean {
  const descend = (level: number): boolean => {
    const loop = loops[level];
    if (loop === undefined) {
      return (matches === undefined || matches(frame)) && visit();
    }
    return loop(frame, () => descend(level + 1));
  };
  return descend(0);
}
