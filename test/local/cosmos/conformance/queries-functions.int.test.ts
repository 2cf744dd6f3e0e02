import type { JSONValue } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answersOf, sharedItems } from './query-items.ts';

const one = sharedItems([{ id: 'a' }]);

/** Most of these are the examples of learn.microsoft.com/azure/cosmos-db/nosql/query, with the results given there. */
const facts: readonly (readonly [expression: string, expected: JSONValue | undefined])[] = [
  ['IS_DEFINED(undefined)', false],
  ['IS_INTEGER(2) AND NOT IS_INTEGER(2.5) AND NOT IS_INTEGER("2")', true],
  ['IS_FINITE_NUMBER(1e300)', true],
  ['IS_PRIMITIVE(null) AND NOT IS_PRIMITIVE([]) AND NOT IS_PRIMITIVE(undefined)', true],
  ['IS_DATETIME("2021-01-08T18:35:00.0000000Z") AND NOT IS_DATETIME("2021-13-08")', true],
  ['ToString(1.5) || ToString(true) || ToString("x") || ToString([1, {"a": null}])', '1.5truex[1,{"a":null}]'],
  ['ToString(undefined)', undefined],
  ['StringToNumber("   60   ")', 60],
  ['StringToNumber("-1.79769e+308")', -1.79769e308],
  ['StringToNumber("Hello")', undefined],
  ['StringToBoolean(" true ")', true],
  ['StringToBoolean("True")', undefined],
  ['StringToNull("null")', null],
  ['StringToArray(\'[1, "a", {"b": 2}]\')', [1, 'a', { b: 2 }]],
  ['StringToArray(\'{"a": 1}\')', undefined],
  ['StringToObject(\'{"a": [1]}\')', { a: [1] }],
  ['CONTAINS("Abc", "bC", true)', true],
  ['CONTAINS("abc", "bC")', false],
  ['STARTSWITH("abc", 1)', undefined],
  ['ENDSWITH("abC", "BC", true)', true],
  ['STRINGEQUALS("aBc", "abc", true)', true],
  ['CONTAINS_ALL_CI("The quick fox", "QUICK", "the")', true],
  ['CONTAINS_ANY_CS("The quick fox", "QUICK", "dog")', false],
  ['SUBSTRING("abcdef", 1, 3)', 'bcd'],
  ['SUBSTRING("abc", -1, 5)', 'abc'],
  ['INDEX_OF("hello", "l")', 2],
  ['INDEX_OF("hello", "l", 3)', 3],
  ['INDEX_OF("hello", "z")', -1],
  ['LEFT("abc", 2) || RIGHT("abc", 2)', 'abbc'],
  ['LEFT("abc", -1) || RIGHT("abc", 9)', 'abc'],
  ['LTRIM("  a ") || "|" || RTRIM("  a ") || "|" || TRIM("  a ")', 'a |  a|a'],
  ['TRIM("xxaxx", "x")', 'a'],
  ['REPLACE("a.b.c", ".", "$&")', 'a$&b$&c'],
  ['REPLICATE("ab", 3)', 'ababab'],
  ['REPLICATE("ab", 1e9)', undefined],
  ['REVERSE("abc")', 'cba'],
  ['CONCAT("a", "b", "c")', 'abc'],
  ['CONCAT("a", 1)', undefined],
  ['StringSplit("a, b, c", ", ")', ['a', 'b', 'c']],
  ['StringJoin(["a", "b"], "-")', 'a-b'],
  ['LENGTH("äb")', 2],
  ['UPPER("straße") || LOWER("ÄB")', 'STRASSEäb'],
  ['RegexMatch("abcd", "ABC")', false],
  ['RegexMatch("abcd", "aB c", "ix")', true],
  ['RegexMatch("salt3824908", "salt{1}")', true],
  ['RegexMatch("a", "(")', undefined],
  ['RegexMatch("a", "a", "q")', undefined],
  ['ARRAY_CONTAINS(["a", {"n": 1, "m": 2}], {"n": 1}, true)', true],
  ['ARRAY_CONTAINS(["a", {"n": 1, "m": 2}], {"n": 1})', false],
  ['ARRAY_CONTAINS_ALL([1, true, "3", [1,2,3]], 1, true, "3", [1,2,3])', true],
  ['ARRAY_CONTAINS_ALL([1, 2, 3, 4], 2, 3, 4, 5)', false],
  ['ARRAY_CONTAINS_ALL([1, 2, 3, 4], 1, undefined)', undefined],
  ['ARRAY_CONTAINS_ALL([1, 2, 3, 4], 5, undefined)', false],
  ['ARRAY_CONTAINS_ANY([1, 2], 2, 5)', true],
  ['ARRAY_CONCAT([1], [2, 3], [])', [1, 2, 3]],
  ['ARRAY_SLICE([70, 86, 92, 99, 85, 90, 82], 3, 5)', [99, 85, 90, 82]],
  ['ARRAY_SLICE([70, 86, 92, 99, 85, 90, 82], -2, 1)', [90]],
  ['ARRAY_SLICE([1, 2], 0, 12)', [1, 2]],
  ['SetIntersect([1, 2, 2, "2", [1]], [2, [1], 3])', [2, [1]]],
  ['SetDifference([1, 2, 2, 3], [3, 4])', [1, 2]],
  ['SetEqual([1, 2, 2], [2, 1]) AND NOT SetEqual([1], [1, 2])', true],
  ['LastIndexOf("abcabc", "b") + LastIndexOf("abcabc", "b", 3)', 5],
  ['SetUnion([1, 2, 2], [2, 3])', [1, 2, 3]],
  [
    'ObjectToArray({"a": 1, "b": "x"})',
    [
      { k: 'a', v: 1 },
      { k: 'b', v: 'x' },
    ],
  ],
  ['CHOOSE(2, "a", "b", "c")', 'b'],
  ['IIF(1 = 1, "yes", "no") || IIF(1, "yes", "no")', 'yesno'],
  ['ROUND(2.5) + ROUND(-2.5)', 0],
  ['ROUND(2.345, 2)', 2.35],
  ['ABS(-3) + CEILING(1.2) + FLOOR(1.8) + TRUNC(-1.8) + SIGN(-9) + SQUARE(3)', 13],
  ['POWER(2, 10) + SQRT(16) + LOG10(100)', 1030],
  ['SQRT(-1)', undefined],
  ['ROUND(DEGREES(PI()))', 180],
  ['NumberBin(37, 10)', 30],
  ['IntAdd(20, 10) + IntMul(5, 2) + IntDiv(7, 2) + IntMod(7, 2)', 44],
  ['IntAdd(20.5, 10)', undefined],
  ['IntDiv(1, 0)', undefined],
  ['IntBitLeftShift(16, 4) + IntBitAnd(15, 9) + IntBitNot(0)', 264],
  ['(100 >> 2) + (100 << 2) + (100 >>> 0) + (100 & 1000) + (100 | 1000) + (100 ^ 1000)', 2533],
  ['DateTimeAdd("mm", 1, "2020-07-03T00:00:00.0000000")', '2020-08-03T00:00:00.0000000Z'],
  ['DateTimeAdd("month", 1, "2021-01-31")', '2021-02-28T00:00:00.0000000Z'],
  ['DateTimeAdd("yy", -1, "2020-02-29")', '2019-02-28T00:00:00.0000000Z'],
  ['DateTimeAdd("ns", 250, "2020-07-03T00:00:00Z")', '2020-07-03T00:00:00.0000002Z'],
  ['DateTimeAdd("fortnight", 1, "2020-07-03")', undefined],
  ['DateTimeBin("2021-01-08T18:35:00.0000000", "hh", 5)', '2021-01-08T15:00:00.0000000Z'],
  ['DateTimeBin("2021-01-08T18:35:00.0000000", "dd", 7)', '2021-01-07T00:00:00.0000000Z'],
  ['DateTimeBin("2021-01-08T18:35:00", "dd", 7, "1601-01-01T00:00:00.0000000")', '2021-01-04T00:00:00.0000000Z'],
  ['DateTimeDiff("mm", "2019-02-04T16:00:00.0000000", "2018-03-05T05:00:00.0000000")', -11],
  ['DateTimeDiff("hh", "2018-03-05T05:00:00.0000000", "2019-02-04T16:00:00.0000000")', 8075],
  ['DateTimeDiff("diffDays", "2018-03-05", "2019-02-04")', undefined],
  ['DateTimeFromParts(2017, 4, 20, 13, 15, 20, 3456789)', '2017-04-20T13:15:20.3456789Z'],
  ['DateTimeFromParts(2017, 2, 30)', undefined],
  ['DateTimePart("ms", "2016-05-29T08:30:00.1301617") + DateTimePart("yyyy", "2016-05-29")', 2146],
  ['DateTimePart("ns", "2016-05-29T08:30:00.1301617")', 130_161_700],
  ['DateTimeToTimestamp("2020-09-14T23:14:25.7251173Z")', 1_600_125_265_725],
  ['TimestampToDateTime(1600125265725)', '2020-09-14T23:14:25.7250000Z'],
  ['TicksToDateTime(DateTimeToTicks("2020-09-14T23:14:25.7251172Z"))', '2020-09-14T23:14:25.7251172Z'],
  ['YEAR("2016-05-29") + MONTH("2016-05-29") + DAY("2016-05-29")', 2050],
];

for (const [expression, expected] of facts) {
  test(`${expression} is ${JSON.stringify(expected)}`, async () => {
    const answers = await answersOf(await one(), `SELECT VALUE ${expression} FROM c`);

    assert.deepEqual(answers, expected === undefined ? [] : [expected]);
  });
}

test('the functions of the current time agree, and with the clock', async () => {
  const [times] = await answersOf(
    await one(),
    'SELECT VALUE [GetCurrentTimestamp(), DateTimeToTimestamp(GetCurrentDateTime()), GetCurrentTicks() / 10000] FROM c',
  );

  assert.ok(Array.isArray(times));
  for (const time of times) {
    assert.ok(Math.abs(Number(time) - Date.now()) < 60_000);
  }
});
