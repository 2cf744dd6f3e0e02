import type { EncodedEntry } from './amqp-decode.ts';
import type { Outcome } from './outcome.ts';
import { encodeTyped, isTyped } from './rhea-seam.ts';

/**
 * The outcome in a receiver's disposition (AMQP 1.0, part 3, section 3.4). The SDK abandons with `modified`, defers with
 * `modified{undeliverable-here}` and dead-letters with `rejected`, whose error's info holds the properties to change.
 *
 * @returns undefined for a state that is no outcome
 */
export function readOutcome(state: unknown): Outcome | undefined {
  if (!isTyped(state)) {
    return undefined;
  }
  const fields = listOf(state);
  switch (state.descriptor?.value) {
    case 0x24:
    case 'amqp:accepted:list':
      return { kind: 'complete' };
    case 0x25:
    case 'amqp:rejected:list':
      return { kind: 'deadLetter', changes: entriesOf(listOf(fields[0])[2]) };
    case 0x26:
    case 'amqp:released:list':
      return { kind: 'release' };
    case 0x27:
    case 'amqp:modified:list':
      return { kind: isTrue(fields[1]) ? 'defer' : 'abandon', changes: entriesOf(fields[2]) };
    default:
      return undefined;
  }
}

function listOf(typed: unknown): readonly unknown[] {
  return isTyped(typed) && Array.isArray(typed.value) ? typed.value : [];
}

function isTrue(typed: unknown): boolean {
  return isTyped(typed) && (typed.value === true || typed.value === 1);
}

/** The entries of a map, their values encoded as they came; those without a value are left out. */
function entriesOf(map: unknown): EncodedEntry[] {
  const items = listOf(map);
  const entries: EncodedEntry[] = [];
  for (let index = 0; index + 1 < items.length; index += 2) {
    const key = items[index];
    const value = items[index + 1];
    if (isTyped(key) && typeof key.value === 'string' && isTyped(value) && value.value !== null) {
      entries.push([key.value, encodeTyped(value)]);
    }
  }
  return entries;
}
