import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../local/cosmos/json.ts';
import { runText } from './run-text.ts';

/**
 * Random filters, evaluated by the query engine and by a few lines of plain JavaScript that share nothing with it. A
 * condition is true, false or undefined; only true selects.
 */
type Truth = boolean | undefined;

interface Condition {
  readonly text: string;
  readonly holds: (item: JsonObject) => Truth;
}

const names = ['a', 'b', 'c'] as const;
const scalar: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'a', 'ab', 'abc', 'B', 'a%b', '1', "it's", 'é'),
  fc.boolean(),
  fc.constant(null),
);
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y'), scalar, { maxKeys: 2 }) },
);
const item = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 });

const typeOf = (given: Json | undefined): string => {
  if (given === null || given === undefined) {
    return String(given);
  }
  return Array.isArray(given) ? 'array' : typeof given;
};

const sorted = (given: Json): unknown =>
  typeof given === 'object' && given !== null && !Array.isArray(given)
    ? { members: Object.entries(given).toSorted(([left], [right]) => (left < right ? -1 : 1)) }
    : given;
const same = (left: Json, right: Json): boolean => JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));
const not = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

const comparison: fc.Arbitrary<Condition> = fc
  .tuple(fc.constantFrom(...names), fc.constantFrom('=', '!=', '<', '<=', '>', '>='), value)
  .map(([name, operator, other]) => ({
    text: `c.${name} ${operator} ${JSON.stringify(other)}`,
    holds: (given) => {
      const own = given[name];
      if (own === undefined) {
        return undefined;
      }
      if (operator === '=' || operator === '!=') {
        return same(own, other) === (operator === '=');
      }
      if (typeOf(own) !== typeOf(other) || typeof own === 'object' || typeof other === 'object') {
        return own === null && other === null ? operator.endsWith('=') : undefined;
      }
      const less = own < other;
      const equal = own === other;
      return { '<': less, '<=': less || equal, '>': !less && !equal, '>=': !less }[operator];
    },
  }));

const membership: fc.Arbitrary<Condition> = fc
  .tuple(fc.constantFrom(...names), fc.array(scalar, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([name, list, negated]) => ({
    text: `c.${name} ${negated ? 'NOT ' : ''}IN (${list.map((entry) => JSON.stringify(entry)).join(', ')})`,
    holds: (given) => {
      const own = given[name];
      return own === undefined ? undefined : list.some((entry) => same(own, entry)) !== negated;
    },
  }));

const between: fc.Arbitrary<Condition> = fc
  .tuple(fc.constantFrom(...names), fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }))
  .map(([name, low, high]) => ({
    text: `c.${name} BETWEEN ${low} AND ${high}`,
    holds: (given) => {
      const own = given[name];
      return typeof own === 'number' ? own >= low && own <= high : undefined;
    },
  }));

const likeParts = fc.array(fc.constantFrom('%', '_', 'a', 'b', 'B', '[ab]', '[^a]', '1'), { maxLength: 5 });
const like: fc.Arbitrary<Condition> = fc.tuple(fc.constantFrom(...names), likeParts).map(([name, parts]) => {
  const inside: Readonly<Record<string, string>> = { '%': '.*', _: '.' };
  const pattern = new RegExp(`^${parts.map((part) => inside[part] ?? part).join('')}$`, 's');
  return {
    text: `c.${name} LIKE ${JSON.stringify(parts.join(''))}`,
    holds: (given) => {
      const own = given[name];
      return typeof own === 'string' ? pattern.test(own) : undefined;
    },
  };
});

const check: fc.Arbitrary<Condition> = fc.constantFrom(...names).chain((name) =>
  fc.constantFrom<Condition>(
    { text: `IS_DEFINED(c.${name})`, holds: (given) => given[name] !== undefined },
    { text: `IS_STRING(c["${name}"])`, holds: (given) => typeof given[name] === 'string' },
    { text: `IS_NULL(c.${name})`, holds: (given) => given[name] === null },
    { text: `(c.${name} ?? 1) = 1`, holds: (given) => same(given[name] ?? (given[name] === null ? null : 1), 1) },
    { text: `(c.${name} ? c.${name} : false)`, holds: (given) => given[name] === true },
    {
      text: `EXISTS(SELECT VALUE e FROM e IN c.${name} WHERE e = 1)`,
      holds: (given) => {
        const own = given[name];
        return Array.isArray(own) && own.includes(1);
      },
    },
    {
      text: `(SELECT VALUE COUNT(1) FROM e IN c.${name}) > 1`,
      holds: (given) => {
        const own = given[name];
        return Array.isArray(own) && own.length > 1;
      },
    },
  ),
);

const condition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    comparison,
    membership,
    between,
    like,
    check,
    tie('condition').map(({ text, holds }) => ({
      text: `NOT (${text})`,
      holds: (given: JsonObject) => not(holds(given)),
    })),
    fc.tuple(tie('condition'), tie('condition'), fc.boolean()).map(([left, right, isAnd]) => ({
      text: `(${left.text}) ${isAnd ? 'AND' : 'OR'} (${right.text})`,
      holds: (given: JsonObject) => {
        const truths = new Set([left.holds(given), right.holds(given)]);
        if (truths.has(!isAnd)) {
          return !isAnd;
        }
        return truths.has(undefined) ? undefined : isAnd;
      },
    })),
  ),
})).condition;

test('any filter selects what plain JavaScript selects', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), condition, (items, { text, holds }) => {
      const numbered = items.map((given, index) => ({ ...given, id: `i${index}` }));

      const selected = runText(`SELECT VALUE c.id FROM c WHERE ${text}`, numbered);

      assert.deepEqual(
        selected,
        numbered.filter((given) => holds(given) === true).map(({ id }) => id),
        text,
      );
    }),
    { numRuns: 1500 },
  );
});

test('any filter and its negation select no item twice, and leave out what is undefined', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), condition, (items, { text, holds }) => {
      const select = (filter: string) => runText(`SELECT VALUE COUNT(1) FROM c WHERE ${filter}`, items)[0];

      const undecided = items.filter((given) => holds(given) === undefined).length;

      assert.equal(Number(select(text)) + Number(select(`NOT (${text})`)) + undecided, items.length);
    }),
    { numRuns: 300 },
  );
});

test('groups, distinct values and orders are those of plain JavaScript', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), fc.nat({ max: 4 }), (items, offset) => {
      const keys = items.flatMap(({ a }) => (a === undefined ? [] : [JSON.stringify(sorted(a))]));
      const numbers = items.flatMap(({ b }) => (typeof b === 'number' ? [b] : []));

      const distinct = runText('SELECT DISTINCT VALUE c.a FROM c', items);
      const groups = runText('SELECT VALUE COUNT(1) FROM c WHERE IS_DEFINED(c.a) GROUP BY c.a', items);
      const ordered = runText(
        `SELECT VALUE c.b FROM c WHERE IS_NUMBER(c.b) ORDER BY c.b DESC OFFSET ${offset} LIMIT 3`,
        items,
      );

      assert.equal(distinct.length, new Set(keys).size);
      assert.deepEqual(
        groups.map(Number).toSorted((left, right) => left - right),
        [...new Set(keys)]
          .map((key) => keys.filter((other) => other === key).length)
          .toSorted((left, right) => left - right),
      );
      assert.deepEqual(ordered, numbers.toSorted((left, right) => right - left).slice(offset, offset + 3));
    }),
    { numRuns: 300 },
  );
});
