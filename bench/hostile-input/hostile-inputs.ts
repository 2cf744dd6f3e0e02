/** One input that hurts: a body as it is posted, or a message's. */
export interface HostileInput {
  readonly name: string;
  readonly over: 'json' | 'ndjson' | 'queue';
  /** Made when its turn comes: all of them together would be hundreds of megabytes. */
  readonly make: (id: string) => string;
}

const megabyte = 1_000_000;

/** The queue takes 256 KB a message, properties included. */
const queueCharacters = 240_000;

/** What the issue of hostile input lists, and what was found to be slow beside it. */
export const hostileInputs: readonly HostileInput[] = [
  { name: 'a good job', over: 'json', make: (id) => chat(id, 'Hello.') },
  { name: '1 MB of one character', over: 'json', make: (id) => chat(id, 'a'.repeat(megabyte)) },
  { name: '15 MB of one character', over: 'json', make: (id) => chat(id, 'a'.repeat(15 * megabyte)) },
  { name: '100k distinct CJK characters', over: 'json', make: (id) => chat(id, distinctCharacters(100_000)) },
  { name: 'a call of 50 jobs of 20 KB CJK', over: 'ndjson', make: (id) => lines(50, id, distinctCharacters(20_000)) },
  { name: 'a line of 10 MB', over: 'ndjson', make: (id) => chat(id, 'word '.repeat(2 * megabyte)) },
  { name: 'a line of 7 MB', over: 'ndjson', make: (id) => chat(id, 'word '.repeat(1.4 * megabyte)) },
  { name: 'a line of 10 MB without an end', over: 'ndjson', make: () => '"'.padEnd(10 * megabyte, 'x') },
  { name: 'a 10 MB image', over: 'json', make: (id) => image(id, 10 * megabyte) },
  { name: 'a 7 MB image on a line', over: 'ndjson', make: (id) => image(id, 7 * megabyte) },
  { name: 'a 15 MB string of escapes', over: 'json', make: (id) => escapes(id, 15 * megabyte) },
  { name: 'a 7 MB line of escapes', over: 'ndjson', make: (id) => escapes(id, 7 * megabyte) },
  { name: 'nested 4 million deep', over: 'json', make: (id) => withField(id, '['.repeat(4 * megabyte)) },
  { name: 'a line nested 3 million deep', over: 'ndjson', make: (id) => withField(id, nested(3 * megabyte)) },
  { name: '7 million numbers', over: 'json', make: (id) => withField(id, numbers(7 * megabyte)) },
  { name: 'a line of 3 million numbers', over: 'ndjson', make: (id) => withField(id, numbers(3 * megabyte)) },
  { name: '400k numbers', over: 'json', make: (id) => withField(id, numbers(400_000)) },
  { name: 'a line of 400k numbers', over: 'ndjson', make: (id) => withField(id, numbers(400_000)) },
  { name: '1 million keys', over: 'json', make: (id) => withField(id, keys(megabyte)) },
  { name: 'a line of 500k keys', over: 'ndjson', make: (id) => withField(id, keys(500_000)) },
  { name: 'a line of 150k keys', over: 'ndjson', make: (id) => withField(id, keys(150_000)) },
  { name: 'one key 2 million times', over: 'json', make: (id) => withField(id, `{${'"a":1,'.repeat(2e6)}"a":1}`) },
  { name: '500k metadata', over: 'ndjson', make: (id) => withOptions(id, `{"metadata":${keys(500_000)}}`) },
  { name: '100k metadata', over: 'ndjson', make: (id) => withOptions(id, `{"metadata":${keys(100_000)}}`) },
  {
    name: '400k unknown fields',
    over: 'ndjson',
    make: (id) => chat(id, 'x').replace('{', `{${keys(400_000).slice(1, -1)},`),
  },
  { name: '150k messages', over: 'json', make: (id) => messages(id, 150_000) },
  {
    name: '15 MB of tools',
    over: 'json',
    make: (id) => withField(id, '[]').replace('"zz":[]', `"tools":[${tool(15 * megabyte)}]`),
  },
  { name: '1000 lines of garbage', over: 'ndjson', make: () => '{"a":\n'.repeat(1000) },
  { name: 'a message of one character', over: 'queue', make: (id) => chat(id, 'a'.repeat(queueCharacters)) },
  { name: 'a message of CJK', over: 'queue', make: (id) => chat(id, distinctCharacters(queueCharacters / 4)) },
  { name: 'a message nested deep', over: 'queue', make: (id) => withField(id, nested(queueCharacters / 2)) },
  { name: 'a message of numbers', over: 'queue', make: (id) => withField(id, numbers(queueCharacters / 2)) },
  { name: 'a message of keys', over: 'queue', make: (id) => withField(id, keys(queueCharacters / 14)) },
];

function chat(id: string, content: string): string {
  return JSON.stringify({ id, request: request([{ role: 'user', content }]) });
}

function request(list: readonly unknown[]) {
  return {
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'gpt-4o-mini', max_tokens: 16, messages: list },
  };
}

function lines(count: number, id: string, content: string): string {
  return Array.from({ length: count }, (_, index) => chat(`${id}-${index}`, content)).join('\n');
}

function image(id: string, bytes: number): string {
  const url = `data:image/png;base64,${'iVBORw0KGgo/'.repeat(Math.ceil(bytes / 12))}`;
  const content = [{ type: 'image_url', image_url: { url } }];
  return JSON.stringify({ id, request: request([{ role: 'user', content }]) });
}

function messages(id: string, count: number): string {
  return JSON.stringify({
    id,
    request: request(Array.from({ length: count }, () => ({ role: 'user', content: 'a' }))),
  });
}

/** A chat whose body has one more field, given as JSON text. */
function withField(id: string, json: string): string {
  return chat(id, 'Hello.').replace('"max_tokens":16', () => `"max_tokens":16,"zz":${json}`);
}

function withOptions(id: string, json: string): string {
  return chat(id, 'Hello.').replace('{', () => `{"options":${json},`);
}

function escapes(id: string, bytes: number): string {
  return chat(id, '@').replace('"@"', () => `"${String.raw`\u00e9`.repeat(bytes / 6)}"`);
}

function nested(depth: number): string {
  return `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

function numbers(count: number): string {
  return `[${'1,'.repeat(count - 1)}1]`;
}

function keys(count: number): string {
  return `{${Array.from({ length: count }, (_, index) => `"k${index}":"v"`).join(',')}}`;
}

function tool(bytes: number): string {
  return JSON.stringify({ type: 'function', function: { name: 'f', description: 'x '.repeat(bytes / 2) } });
}

/** Characters of the CJK block and its extensions, none twice, without a break between them. */
function distinctCharacters(count: number): string {
  const first = 0x20_000;
  return Array.from({ length: count }, (_, index) =>
    String.fromCodePoint(index < 20_000 ? 0x4e_00 + index : first + index - 20_000),
  ).join('');
}
