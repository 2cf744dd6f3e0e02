import fc from 'fast-check';

/** Texts that have broken programs before. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.string({ unit: 'binary', maxLength: 20 }), weight: 2 },
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' ',
    '.',
    '..',
    '../../jobs/x',
    '__proto__',
    'constructor',
    'toString',
    'null',
    '\u0000',
    'a\u0000b',
    '\ud83d',
    '\ude00x',
    '\uFEFF',
    '//evil.example/v1',
    'https://evil.example/v1/chat/completions',
    'http://169.254.169.254/',
    'file:///etc/passwd',
    '/v1/chat/completions/../x',
    '/v1/chat/completions',
    'data:image/png;base64,AAAA',
    '<|endoftext|>',
    "'; DROP TABLE jobs; --",
    '%00%2e%2e%2f',
    '2030-01-31T08:00:00Z',
    '9999-99-99T99:99:99Z',
    'gpt-4o-mini',
  ),
  fc.integer({ min: 1, max: 400 }).map((length) => 'x'.repeat(length)),
);

const hostileNumber = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, -1, 0.5, 1e308, 5e-324, 2 ** 53 + 2, -(2 ** 63), 2 ** 31, 2 ** 32),
);

export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: hostileText, weight: 3 },
  hostileNumber.map((number) => (Number.isFinite(number) ? number : 0)),
  fc.constantFrom(null, true, false),
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(hostileText, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 25 }),
  fc.integer({ min: 1, max: 120 }).map((depth) => nested(depth)),
);

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 1; level < depth; level += 1) {
    value = level % 2 === 0 ? [value] : { a: value };
  }
  return value;
}

/** A job that nothing is wrong with. */
const wholeJob: fc.Arbitrary<unknown> = fc
  .record({
    id: fc.uuid(),
    operation: fc.constantFrom('chat', 'chat', 'chat', 'embeddings'),
    text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    batchId: fc.option(fc.constantFrom('fuzz-1', 'fuzz-2'), { nil: undefined }),
    options: fc.option(
      fc.record(
        {
          priority: fc.constantFrom('normal', 'high'),
          stream: fc.boolean(),
          deadline: fc.constantFrom('2099-01-31T08:00:00+01:00', '2030-01-31T08:00:00Z'),
          maxCostUsd: fc.constantFrom(1, 5.5),
          metadata: fc.dictionary(
            fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 8 }),
            fc.string({ unit: 'grapheme', maxLength: 8 }),
            { maxKeys: 3 },
          ),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    more: fc.dictionary(fc.constantFrom('temperature', 'seed', 'user', 'zz', 'constructor', 'tools2'), fc.jsonValue()),
    isLine: fc.boolean(),
  })
  .map(({ id, operation, text, batchId, options, more, isLine }) => {
    const request =
      operation === 'chat'
        ? {
            method: 'POST',
            url: '/v1/chat/completions',
            body: { ...more, model: 'gpt-4o-mini', max_tokens: 5, messages: [{ role: 'user', content: text }] },
          }
        : { method: 'POST', url: '/v1/embeddings', body: { ...more, model: 'text-embedding-3-small', input: text } };
    return isLine ? { custom_id: id, ...request } : { v: 1, id, batchId, request, options };
  });

const change = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('replace', 'replace', 'remove', 'add', 'rename', 'wrap', 'grow'),
  key: fc.oneof(
    hostileText,
    fc.constantFrom('id', 'model', 'url', 'data_sources', 'stream', 'n', 'max_tokens', 'requestRef'),
  ),
  value: hostileValue,
});

type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

/** Changes one value of the tree, its `at`-th in the order of writing. */
function changed(root: unknown, { at, kind, key, value }: Change): unknown {
  const place = at % countValues(root);
  let seen = -1;
  const walk = (inner: unknown): unknown => {
    seen += 1;
    if (seen === place) {
      switch (kind) {
        case 'replace':
          return value;
        case 'remove':
          return undefined;
        case 'wrap':
          return [inner];
        case 'grow':
          return typeof inner === 'string' ? inner.repeat(Math.ceil(2000 / (inner.length + 1))) : [inner, inner, inner];
        case 'add':
        case 'rename':
          return isRecord(inner) ? withKey(inner, { key, value, isRename: kind === 'rename' }) : value;
      }
    }
    if (Array.isArray(inner)) {
      return inner.map(walk);
    }
    return isRecord(inner)
      ? Object.fromEntries(Object.entries(inner).map(([name, part]) => [name, walk(part)]))
      : inner;
  };
  return walk(root) ?? null;
}

function withKey(
  record: Readonly<Record<string, unknown>>,
  { key, value, isRename }: { readonly key: string; readonly value: unknown; readonly isRename: boolean },
): Record<string, unknown> {
  const [first, ...rest] = Object.entries(record);
  const kept = isRename ? rest : Object.entries(record);
  return Object.fromEntries([...kept, [key, isRename ? first?.[1] : value]]);
}

function countValues(value: unknown): number {
  const parts: readonly unknown[] = typeof value === 'object' && value !== null ? Object.values(value) : [];
  return parts.reduce((sum: number, part) => sum + countValues(part), 1);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What happens to the text: JSON that no writer writes. */
const textChange = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(),
    text: fc.constantFrom('"', '{', '}', ',', '\\', '\u0000', '1e400', '\\ud83d', ' ', '/**/', "'", '\u00a0'),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('twice' as const),
    at: fc.nat(),
    text: fc.constantFrom(
      '"id":"a"',
      '"model":"gpt-4o"',
      '"a":1,"a":2',
      '"url":"//evil"',
      '"n":1e999',
      '"\\ud83d":1',
      '"__proto__":{"x":1}',
    ),
  }),
);

type TextChange = typeof textChange extends fc.Arbitrary<infer Value> ? Value : never;

function changedText(text: string, textual: TextChange): string {
  switch (textual.kind) {
    case 'insert': {
      const at = textual.at % (text.length + 1);
      return text.slice(0, at) + textual.text + text.slice(at);
    }
    case 'cut':
      return text.slice(0, textual.at % (text.length + 1));
    case 'twice': {
      const braces = [...text.matchAll(/\{/gu)].map((match) => match.index + 1);
      const at = braces[textual.at % Math.max(1, braces.length)] ?? 0;
      return `${text.slice(0, at)}${textual.text}${text[at] === '}' ? '' : ','}${text.slice(at)}`;
    }
  }
}

export interface FuzzJob {
  readonly text: string;
  /** Nothing was done to it: it has to be taken. */
  readonly isWhole: boolean;
}

/** Jobs as a caller writes them, most of them with something wrong. On one line. */
export const fuzzJob: fc.Arbitrary<FuzzJob> = fc
  .record({
    job: wholeJob,
    changes: fc.array(change, { maxLength: 3 }),
    textual: fc.option(textChange, { nil: undefined, freq: 4 }),
  })
  .map(({ job, changes, textual }) => {
    const tree = changes.reduce((value: unknown, one) => changed(value, one), job);
    const text = JSON.stringify(tree);
    const isWhole = changes.length === 0 && textual === undefined;
    // Half of a surrogate pair can be written as an escape; the text itself goes out as UTF-8.
    return { text: textual === undefined ? text : changedText(text, textual).toWellFormed(), isWhole };
  });
