import type { Value } from '../json.ts';
import { orderValues } from './compare-values.ts';
import type { AggregateName } from './syntax.ts';

/**
 * An aggregate over the rows of a group. Undefined arguments are left out; SUM and AVG of anything but numbers are
 * undefined as a whole (learn.microsoft.com/azure/cosmos-db/nosql/query/aggregate-functions).
 */
export interface Accumulator {
  readonly add: (value: Value) => void;
  readonly result: () => Value;
}

export function openAccumulator(name: AggregateName): Accumulator {
  switch (name) {
    case 'COUNT':
      return openCount();
    case 'SUM':
      return openSum((sum) => sum);
    case 'AVG':
      return openSum((sum, count) => (count === 0 ? undefined : sum / count));
    case 'MIN':
      return openExtreme(-1);
    case 'MAX':
      return openExtreme(1);
  }
}

function openCount(): Accumulator {
  let count = 0;
  return {
    add: (value) => {
      count += value === undefined ? 0 : 1;
    },
    result: () => count,
  };
}

function openSum(finish: (sum: number, count: number) => Value): Accumulator {
  let sum = 0;
  let count = 0;
  let spoiled = false;
  return {
    add: (value) => {
      if (typeof value === 'number') {
        sum += value;
        count += 1;
      } else if (value !== undefined) {
        spoiled = true;
      }
    },
    result: () => (spoiled ? undefined : finish(sum, count)),
  };
}

function openExtreme(direction: -1 | 1): Accumulator {
  let extreme: Value;
  return {
    add: (value) => {
      if (value !== undefined && (extreme === undefined || orderValues(value, extreme) * direction > 0)) {
        extreme = value;
      }
    },
    result: () => extreme,
  };
}
