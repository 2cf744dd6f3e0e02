import type { Value } from '../json.ts';
import { openAccumulator, type Accumulator } from './aggregate.ts';
import { canonicalText } from './canonical-text.ts';
import type { CompiledQuery } from './compile-query.ts';
import type { Frame } from './frame.ts';

/** Collects rows into groups. */
export interface Groups {
  /** Takes in the row that the frame holds. */
  readonly add: (frame: Frame) => void;
  /** The values of all groups in the order of their first rows; the frame is written over. */
  readonly results: (frame: Frame) => Iterable<Value>;
}

interface Group {
  /** The first row of the group, where its keys are read from. */
  readonly values: readonly Value[];
  readonly accumulators: readonly Accumulator[];
}

export function openGroups({ groupKeys, slots, select }: CompiledQuery): Groups {
  const groups = new Map<string, Group>();
  const open = (key: string, frame: Frame): Group => {
    const group = { values: [...frame.values], accumulators: slots.map((slot) => openAccumulator(slot.name)) };
    groups.set(key, group);
    return group;
  };
  return {
    add: (frame) => {
      const key = keyOf(groupKeys.map((groupKey) => groupKey(frame)));
      const { accumulators } = groups.get(key) ?? open(key, frame);
      for (const [index, slot] of slots.entries()) {
        accumulators[index]?.add(slot.argument(frame));
      }
    },
    results: function* results(frame) {
      if (groups.size === 0 && groupKeys.length === 0) {
        open('', frame);
      }
      for (const { values, accumulators } of groups.values()) {
        for (const [place, value] of values.entries()) {
          frame.values[place] = value;
        }
        for (const [index, { place }] of slots.entries()) {
          frame.values[place] = accumulators[index]?.result();
        }
        yield select(frame);
      }
    },
  };
}

/** An undefined key is a group of its own, beside null. */
function keyOf(values: readonly Value[]): string {
  return values.map((value) => (value === undefined ? '' : canonicalText(value))).join('\u0000');
}
