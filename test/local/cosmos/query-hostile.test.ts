import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '../../../local/cosmos/json.ts';
import { compilePattern } from '../../../local/cosmos/query/like-pattern.ts';
import { compileRegularExpression } from '../../../local/cosmos/query/regular-expression.ts';
import { runText, valueOf } from './run-text.ts';

test('no property of a prototype is a property of an item', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']) {
    assert.deepEqual(runText(`SELECT VALUE IS_DEFINED(c["${name}"]) FROM c`, [{ id: 'a' }]), [false]);
    assert.deepEqual(runText(`SELECT VALUE IS_DEFINED(c.${name}) FROM c`, [{ id: 'a' }]), [false]);
    assert.deepEqual(runText(`SELECT VALUE c.list["${name}"] FROM c`, [{ list: [1] }]), []);
  }
});

test('a property that is called __proto__ is one like any other', () => {
  const item = parseJson('{"__proto__": {"a": 1}, "b": 2}');

  const [answer] = runText('SELECT c.__proto__.a, c.b, c.__proto__ FROM c', [item]);

  assert.equal(JSON.stringify(answer), '{"a":1,"b":2,"__proto__":{"a":1}}');
  assert.deepEqual(runText('SELECT VALUE c.a FROM c', [item]), []);
});

test('a query that is nested too deep is refused by name', () => {
  const deep = (open: string, close: string) => `SELECT VALUE ${open.repeat(5000)}1${close.repeat(5000)} FROM c`;

  for (const text of [deep('(', ')'), deep('[', ']'), deep('- ', ''), deep('NOT ', ''), deep('(SELECT VALUE ', ')')]) {
    assert.throws(() => runText(text, [{}]), /does not carry a query nested deeper/u);
  }
});

test('a nested query that is carried is run', () => {
  assert.deepEqual(valueOf(`${'('.repeat(150)}1${')'.repeat(150)}`), 1);
  assert.deepEqual(valueOf(`${'(SELECT VALUE '.repeat(60)}1${')'.repeat(60)}`), 1);
});

test('chains of AND and OR may be as long as the text', () => {
  const chain = (word: string, term: string) => Array.from({ length: 20_000 }, () => term).join(` ${word} `);

  assert.deepEqual(runText(`SELECT VALUE c.n FROM c WHERE ${chain('AND', 'c.n = 1')}`, [{ n: 1 }, { n: 2 }]), [1]);
  assert.deepEqual(runText(`SELECT VALUE c.n FROM c WHERE ${chain('OR', 'c.n = 1')}`, [{ n: 1 }, { n: 2 }]), [1]);
});

test('other chains have a bound', () => {
  assert.equal(valueOf(Array.from({ length: 500 }, () => '1').join(' + ')), 500);
  assert.throws(() => valueOf(Array.from({ length: 5000 }, () => '1').join(' + ')), /operators in a row/u);
  assert.throws(() => valueOf(`{}${'.a'.repeat(5000)}`), /a path of so many properties/u);
});

test('a text of more than 512 KB is refused with its size', () => {
  assert.throws(() => valueOf(`"${'x'.repeat(1_000_000)}"`), {
    code: 'SC3020',
    message: 'The SQL query text exceeded the maximum limit of 524288 characters.',
  });
  assert.equal(valueOf(`LENGTH("${'x'.repeat(500_000)}")`), 500_000);
});

test('joins that multiply without end are stopped', () => {
  const list = Array.from({ length: 1000 }, (_, n) => n);
  const joins = Array.from({ length: 5 }, (_, n) => `JOIN t${n} IN c.list`).join(' ');

  assert.throws(() => runText(`SELECT VALUE COUNT(1) FROM c ${joins}`, [{ list }]), /rows out of the joins/u);
});

test('more joins than the service takes are refused', () => {
  const joins = Array.from({ length: 11 }, (_, n) => `JOIN t${n} IN c.list`).join(' ');

  assert.throws(() => runText(`SELECT VALUE c FROM c ${joins}`), /maximum number of joins. The allowed limit is 10/u);
});

test('a pattern of LIKE is not tried again and again', () => {
  const text = 'a'.repeat(100_000);

  assert.equal(compilePattern(`${'%a'.repeat(1000)}%b`, undefined)(text), false);
  assert.equal(compilePattern(`${'%a'.repeat(1000)}%`, undefined)(text), true);
  assert.equal(compilePattern(`%${'_'.repeat(50)}b%`, undefined)(text), false);
});

test('a regular expression takes no longer than text and pattern are long', () => {
  const text = `${'a'.repeat(5000)}!`;

  assert.equal(compileRegularExpression('^(a+)+$', '')?.(text), false);
  assert.equal(compileRegularExpression('(a*)*b', '')?.(text), false);
  assert.equal(compileRegularExpression('(a|aa)+$', '')?.(text), false);
  assert.equal(compileRegularExpression('(.*)(.*)(.*)(.*)[^!]$', 's')?.(text), false);
  assert.equal(compileRegularExpression(`${'a?'.repeat(200)}${'a'.repeat(200)}`, '')?.('a'.repeat(200)), true);
});
