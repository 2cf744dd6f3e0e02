import type { Container } from '@azure/cosmos';

/** How many requests are on their way at once. */
export const requestsAtOnce = 32;

/** Bytes of JSON in an item that is created, read and patched. */
export const itemBytes = 1024;

export interface Load {
  readonly items: Container;
  /** Items `<prefix>0`, `<prefix>1` … */
  readonly prefix: string;
  readonly count: number;
  readonly signal: AbortSignal;
}

export async function createAll({ items, prefix, count, signal }: Load): Promise<void> {
  const id = (n: number): string => `${prefix}${n}`;
  const rest = itemBytes - JSON.stringify({ id: id(count), head: 0, text: '' }).length;
  const text = 'x'.repeat(rest);
  await together(count, signal, async (n) => items.items.create({ id: id(n), head: 0, text }));
}

export async function readAll({ items, prefix, count, signal }: Load): Promise<void> {
  await together(count, signal, async (n) => items.item(`${prefix}${n}`, `${prefix}${n}`).read());
}

/** Each item once, on a condition whose text is new every time, as with a number that was read before. */
export async function patchAll({ items, prefix, count, signal }: Load): Promise<void> {
  await together(count, signal, async (n) =>
    items.item(`${prefix}${n}`, `${prefix}${n}`).patch({
      condition: `from c where c.head = 0 and c.id = "${prefix}${n}" and IS_DEFINED(c.text)`,
      operations: [
        { op: 'incr', path: '/head', value: 1 },
        { op: 'set', path: '/changed', value: n },
      ],
    }),
  );
}

export async function deleteAll({ items, prefix, count, signal }: Load): Promise<void> {
  await together(count, signal, async (n) => items.item(`${prefix}${n}`, `${prefix}${n}`).delete());
}

async function together(count: number, signal: AbortSignal, request: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const goOn = async (): Promise<void> => {
    while (next < count) {
      signal.throwIfAborted();
      next += 1;
      await request(next - 1);
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, goOn));
}

/** Documents of some 350 bytes, in transactions of the service's own making, 100 at a time. */
export async function fillMany(items: Container, count: number, signal: AbortSignal): Promise<void> {
  const perRequest = 100;
  await together(Math.ceil(count / perRequest), signal, async (request) => {
    const first = request * perRequest;
    const numbers = Array.from({ length: Math.min(perRequest, count - first) }, (_, index) => first + index);
    await items.items.executeBulkOperations(
      numbers.map((n) => ({ operationType: 'Create', partitionKey: `item-${n}`, resourceBody: manyItem(n) })),
    );
  });
}

function manyItem(n: number) {
  return {
    id: `item-${n}`,
    tenant: `tenant-${n % 100}`,
    state: n % 7 === 0 ? 'done' : 'queued',
    n,
    score: (n * 7919) % 100_003,
    name: `The name of item ${n} in the list`,
    tags: ['a', `b${n % 10}`, 'c'],
    nested: { x: n % 13, y: 'some more text, as documents have it' },
    createdAt: new Date(1_700_000_000_000 + n * 1000).toISOString(),
  };
}
