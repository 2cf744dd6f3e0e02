import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareRoutes, matchRoute, parseRoute } from '../../../local/functions-host/http/match-route.ts';

const match = (template: string, path: string) => matchRoute(parseRoute(template), path);

test('a literal ignores case and is not a pattern', () => {
  assert.deepEqual(match('/api/Jobs.v1', '/API/jobs.V1'), {});
  assert.equal(match('/api/jobs.v1', '/api/jobsxv1'), undefined);
});

test('a free parameter takes exactly one segment, percent-decoded', () => {
  assert.deepEqual(match('/jobs/{id}', '/jobs/a%20b'), { id: 'a b' });
  assert.deepEqual(match('/jobs/{id}', '/jobs/%E0%A4%A'), { id: '%E0%A4%A' });
  assert.equal(match('/jobs/{id}', '/jobs'), undefined);
  assert.equal(match('/jobs/{id}', '/jobs/a/b'), undefined);
});

test('optional, default and catch-all parameters may be left out', () => {
  assert.deepEqual(match('/p/{page?}', '/p'), {});
  assert.deepEqual(match('/p/{page=1}', '/p'), { page: '1' });
  assert.deepEqual(match('/p/{page=1}', '/p/2'), { page: '2' });
  assert.deepEqual(match('/f/{*rest}', '/f'), {});
  assert.deepEqual(match('/f/{*rest}', '/f/a/b/c'), { rest: 'a/b/c' });
});

test('a segment of several parts is split at the last of its texts', () => {
  assert.deepEqual(match('/f/{name}.{extension}', '/f/report.json'), { name: 'report', extension: 'json' });
  assert.deepEqual(match('/f/{name}.{extension}', '/f/a.b.c'), { name: 'a.b', extension: 'c' });
  assert.deepEqual(match('/v{major:int}-{minor:int}', '/v1-2'), { major: '1', minor: '2' });
  assert.equal(match('/v{major:int}-{minor:int}', '/vx-2'), undefined);
});

test('an extension may be left out, with its dot', () => {
  assert.deepEqual(match('/f/{name}.{extension?}', '/f/report'), { name: 'report' });
  assert.deepEqual(match('/f/{name}.{extension?}', '/f/report.json'), { name: 'report', extension: 'json' });
});

test('a path is decoded, but for a slash that was encoded', () => {
  assert.deepEqual(match('/jobs/{id}', '/%6Aobs/a%2Fb%20c'), { id: 'a%2Fb c' });
  assert.deepEqual(match('/jobs/{id}', '/jobs/100%25'), { id: '100%' });
});

test('a pattern is looked for in any case, with its braces doubled', () => {
  const template = '/{code:regex(^[a-z]{{2}}(-\\d+)?$)}';
  assert.deepEqual(match(template, '/AB-12'), { code: 'AB-12' });
  assert.equal(match(template, '/abc'), undefined);
  assert.deepEqual(match('/{code:regex(^a:b=c$)}', '/a:b=c'), { code: 'a:b=c' });
  assert.deepEqual(match('/{code:regex(^(a|b)$):length(1)=a}', '/'), { code: 'a' });
  assert.deepEqual(match('/{path:regex(x/y)}', '/x%2Fy'), undefined);
});

test('a doubled brace of a literal stands for itself', () => {
  assert.deepEqual(match('/a{{b}}', '/a{b}'), {});
  assert.deepEqual(match('/{{{id}-b', '/{7-b'), { id: '7' });
});

test('constraints and defaults go with any form of a parameter', () => {
  assert.deepEqual(match('/p/{page:int=1}', '/p'), { page: '1' });
  assert.deepEqual(match('/p/{page:int?}', '/p'), {});
  assert.equal(match('/p/{page:int?}', '/p/x'), undefined);
  assert.deepEqual(match('/f/{*path:maxlength(3)}', '/f/a/b'), { path: 'a/b' });
  assert.equal(match('/f/{*path:maxlength(3)}', '/f/a/b/c'), undefined);
  assert.deepEqual(match('/f/{**path}', '/f/a/b'), { path: 'a/b' });
  assert.deepEqual(match('/f/{*path=all}', '/f'), { path: 'all' });
});

test('constraints decide', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['int', '12', true],
    ['int', '2147483648', false],
    ['long', '2147483648', true],
    ['bool', 'True', true],
    ['bool', '1', false],
    ['guid', '123e4567-e89b-12d3-a456-426614174000', true],
    ['guid', '{123e4567-e89b-12d3-a456-426614174000}', true],
    ['guid', '123e4567e89b12d3a456426614174000', true],
    ['guid', '123e4567', false],
    ['double', '1e5', true],
    ['decimal', '1e5', false],
    ['file', 'a.txt', true],
    ['nonfile', 'a.txt', false],
    ['alpha', 'abc', true],
    ['alpha', 'ab1', false],
    ['min(3)', '3', true],
    ['max(3)', '4', false],
    ['range(1,5)', '5', true],
    ['length(2)', 'ab', true],
    ['length(2,3)', 'abcd', false],
    ['minlength(2)', 'a', false],
    ['maxlength(2)', 'ab', true],
    ['decimal', '1.5', true],
    ['datetime', '2026-01-31', true],
    ['datetime', 'never', false],
    ['int:min(5):max(7)', '6', true],
    ['int:min(5):max(7)', '8', false],
  ];
  for (const [constraint, value, accepted] of cases) {
    assert.equal(match(`/{x:${constraint}}`, `/${value}`) !== undefined, accepted, `${constraint} on ${value}`);
  }
});

test('what is not carried or malformed is named', () => {
  assert.throws(() => parseRoute('/a/{id:toString}'), /"toString" is not carried/u);
  assert.throws(() => parseRoute('/a/{id:min}'), /"min" is not carried/u);
  assert.throws(() => parseRoute('/a/{id:regex(\\Ax)}'), /"\\A" of the pattern .* is not carried/u);
  assert.throws(() => parseRoute('/a/{id:regex((x)}'), /is no regular expression|does not understand/u);
  assert.throws(() => parseRoute('/a/{id'), /a brace of it has no other/u);
  assert.throws(() => parseRoute('/a/{id}/{ID}'), /"id" twice/u);
  assert.throws(() => parseRoute('/a/{name?}.json'), /only as a segment of its own/u);
  assert.throws(() => parseRoute('/a/{*rest}/b'), /a catch-all can only be its last segment/u);
  assert.throws(() => parseRoute('/a/{x}{y}'), /need a text between them/u);
  assert.throws(() => parseRoute('/a/{x=1?}'), /needs no question mark/u);
});

test('the more specific route is asked first', () => {
  const templates = [
    '/{*all}',
    '/jobs/{id}',
    '/jobs/{id:int}',
    '/jobs/stats',
    '/jobs/{name}.json',
    '/jobs',
    '/jobs/{id}/log',
  ];
  const sorted = templates.map(parseRoute).toSorted(compareRoutes);
  assert.deepEqual(
    sorted.map(({ template }) => template),
    ['/jobs', '/jobs/stats', '/jobs/{id:int}', '/jobs/{name}.json', '/jobs/{id}', '/jobs/{id}/log', '/{*all}'],
  );
});

test('every value comes back from the path that it was encoded into', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (value) => {
      const id = value.replaceAll('/', '%2F');
      assert.deepEqual(match('/jobs/{id}/log', `/jobs/${encodeURIComponent(value)}/log`), { id });
    }),
  );
});
