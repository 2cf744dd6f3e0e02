import { isArray, isObject, readProperty, type Json } from '../json.ts';

/**
 * Request units, estimated from the size of the item by the rules that Microsoft publishes in "Understand request
 * units consumption" (learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption, April 2026):
 *
 * - point read: the table of reads by size (1 KB 1.00, 2 KB 1.04 … 2 MB 291.80), straight lines in between;
 * - create and delete: the table of writes by size (1 KB 4.95 …) + 0.2 for each indexed term;
 * - replace: the deletion of the old + the insertion of the new + 0.2 for each term that goes or comes;
 * - patch: a replace + 0.4 for each operation;
 * - a write that is refused by a condition or a conflict: 1.24 × the read of the item that it looked at. This price is
 *   not published: it is our assumption, at the order of what the service answers.
 * - query: 2.26 + for each item loaded 0.01 + 0.02 a KB, + 0.01 for each item that an index does not spare. Fitted to
 *   what a hosted account charged (xo/dbimp, COSMOS.md): 2.26 for one item, 17.16 for 1,000 small rows, 38.14 for 2,500.
 *
 * A "term" is one scalar value below an indexed path. Sizes are bytes of the item's JSON without system properties.
 */
export interface ChargedItem {
  readonly bytes: number;
  readonly terms: ReadonlySet<string>;
}

type Table = readonly (readonly [kilobytes: number, requestUnits: number])[];

const reads: Table = [
  [1, 1],
  [2, 1.04],
  [4, 1.14],
  [8, 1.33],
  [16, 1.67],
  [32, 2.19],
  [64, 4.76],
  [128, 9.95],
  [256, 20.28],
  [512, 40.95],
  [1024, 145.9],
  [2048, 291.8],
];

const writes: Table = [
  [1, 4.95],
  [2, 6.29],
  [4, 6.67],
  [8, 7.04],
  [16, 9.52],
  [32, 11.23],
  [64, 22.67],
  [128, 48.19],
  [256, 98.29],
  [512, 184.57],
  [1024, 625],
  [2048, 1250],
];

const perTerm = 0.2;
const perPatchOperation = 0.4;
const refusedFactor = 1.24;

/** What a read of a missing item, or of an item that has not changed, costs. */
export const leastCharge = 1;

export function readCharge(bytes: number): number {
  return round(lookUp(reads, bytes));
}

/** Create and delete. */
export function insertCharge(item: ChargedItem): number {
  return round(lookUp(writes, item.bytes) + perTerm * item.terms.size);
}

export function replaceCharge(before: ChargedItem, after: ChargedItem): number {
  const changed = countMissing(before.terms, after.terms) + countMissing(after.terms, before.terms);
  return round(lookUp(writes, before.bytes) + lookUp(writes, after.bytes) + perTerm * changed);
}

export function patchCharge(before: ChargedItem, after: ChargedItem, operations: number): number {
  return round(replaceCharge(before, after) + perPatchOperation * operations);
}

/** A write that a condition or a conflict refused; `bytes` of the item in the way. */
export function refusedCharge(bytes: number): number {
  return round(refusedFactor * lookUp(reads, bytes));
}

export function queryCharge(load: {
  readonly items: number;
  readonly bytes: number;
  readonly scanned: number;
}): number {
  const unindexed = Math.max(0, load.scanned - load.items);
  return round(2.26 + load.items * 0.01 + (load.bytes / 1024) * 0.02 + unindexed * 0.01);
}

/** The scalars below the indexed paths (`/state`, `/state/?`, `/a/*`), or of the whole item when `paths` is undefined. */
export function indexedTerms(item: Json, paths: readonly string[] | undefined): ReadonlySet<string> {
  const terms = new Set<string>();
  if (paths === undefined) {
    collect(item, '', terms);
    return terms;
  }
  for (const path of paths) {
    const segments = path.split('/').filter((segment) => !['', '?', '*', '[]'].includes(segment));
    let value: Json | undefined = item;
    for (const segment of segments) {
      value = readProperty(value, segment);
    }
    if (value !== undefined) {
      collect(value, `/${segments.join('/')}`, terms);
    }
  }
  return terms;
}

function countMissing(terms: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let missing = 0;
  for (const term of terms) {
    missing += others.has(term) ? 0 : 1;
  }
  return missing;
}

function collect(value: Json, path: string, terms: Set<string>): void {
  if (isArray(value)) {
    for (const item of value) {
      collect(item, `${path}/[]`, terms);
    }
  } else if (isObject(value)) {
    for (const [name, child] of Object.entries(value)) {
      collect(child, `${path}/${name}`, terms);
    }
  } else {
    terms.add(typeof value === 'string' ? `${path}="${value}"` : `${path}=${String(value)}`);
  }
}

function lookUp(table: Table, bytes: number): number {
  const kilobytes = bytes / 1024;
  let below = table[0] ?? [1, 0];
  for (const above of table) {
    if (kilobytes <= above[0]) {
      const share = above[0] === below[0] ? 0 : (Math.max(kilobytes, below[0]) - below[0]) / (above[0] - below[0]);
      return below[1] + share * (above[1] - below[1]);
    }
    below = above;
  }
  return below[1] * (kilobytes / below[0]);
}

function round(charge: number): number {
  return Math.round(charge * 100) / 100;
}
