import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleQueue } from '../../../shared/pools/queue-sample.ts';
import type { Look, Peeked } from '../../../shared/pools/seen-spans.ts';

/** Head, tail, spread, density and times of one sample. */
const mostLooks = 1 + 40 + 12 + 8 + 24;

function message(sequence: number, changes: Partial<Peeked> = {}): Peeked {
  return { sequence, enqueuedAt: sequence * 10, isWaiting: true, costTokens: undefined, ...changes };
}

/** Messages with every number of a range. */
function messages(from: number, to: number, changes: Partial<Peeked> = {}): readonly Peeked[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => message(from + index, changes));
}

/** A queue that can be peeked at, and counts the looks. */
function peekable(all: readonly Peeked[]): { readonly look: Look; readonly looks: () => number } {
  let looks = 0;
  const look: Look = async (from, most) => {
    looks += 1;
    return all.filter(({ sequence }) => sequence >= from).slice(0, most);
  };
  return { look, looks: () => looks };
}

async function countOf(all: readonly Peeked[], hint?: number): Promise<number> {
  const sample = await sampleQueue(peekable(all).look, hint);
  return (await sample.waiting(undefined)).messages;
}

test('an empty queue holds nothing, whatever it held', async () => {
  assert.equal(await countOf([]), 0);
  assert.equal(await countOf([], 5000), 0);
});

test('Q1: a queue without holes is counted to the message, wherever it begins and its tail was', async () => {
  const queues = fc.record({
    from: fc.integer({ min: 1, max: 100_000 }),
    count: fc.integer({ min: 1, max: 4000 }),
    hint: fc.option(fc.integer({ min: 0, max: 110_000 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(queues, async ({ from, count, hint }) => {
      // A tail that was seen is not above the tail: numbers never fall.
      const tail = from + count - 1;
      const known = hint === undefined ? undefined : Math.min(hint, tail);
      assert.equal(await countOf(messages(from, tail), known), count);
    }),
    { numRuns: 60 },
  );
});

test('the tail of a long queue is found in few looks, and where it was seen a second ago in fewer', async () => {
  const queue = peekable(messages(50_001, 100_000));
  const first = await sampleQueue(queue.look, undefined);
  assert.equal(first.tail, 100_000);
  assert.ok(queue.looks() <= 60, String(queue.looks()));

  const before = queue.looks();
  const second = await sampleQueue(queue.look, 99_990);
  assert.equal(second.tail, 100_000);
  assert.ok(queue.looks() - before <= 24, String(queue.looks() - before));
});

test('a queue whose newest messages are gone is counted up to what is left', async () => {
  assert.equal(await countOf(messages(1, 700), 9000), 700);
});

test('Q2: what is held at the head is not counted, nor are messages that are gone from among it', async () => {
  const shapes = fc.record({
    held: fc.integer({ min: 0, max: 600 }),
    kept: fc.double({ min: 0.05, max: 1, noNaN: true }),
    waiting: fc.integer({ min: 0, max: 5000 }),
  });
  await fc.assert(
    fc.asyncProperty(shapes, async ({ held, kept, waiting }) => {
      const inHand = messages(1, held, { isWaiting: false }).filter(({ sequence }) => (sequence * 0.618) % 1 < kept);
      const count = await countOf([...inHand, ...messages(held + 1, held + waiting)]);
      assert.ok(Math.abs(count - waiting) <= 16 + 0.02 * waiting, `${count} for ${waiting}`);
    }),
    { numRuns: 60 },
  );
});

test('Q2: every second number missing, half of them are counted', async () => {
  const count = await countOf(messages(1, 8000).filter(({ sequence }) => sequence % 2 === 0));

  assert.ok(Math.abs(count - 4000) <= 300, String(count));
});

test('Q3: what came before a time is counted by bisecting', async () => {
  const times = fc.record({
    count: fc.integer({ min: 1, max: 4000 }),
    share: fc.double({ min: -0.1, max: 1.1, noNaN: true }),
    burst: fc.integer({ min: 1, max: 500 }),
  });
  await fc.assert(
    fc.asyncProperty(times, async ({ count, share, burst }) => {
      // Messages come in bursts of one instant.
      const all = messages(1, count).map((one) =>
        message(one.sequence, { enqueuedAt: Math.floor(one.sequence / burst) * burst * 10 }),
      );
      const time = count * 10 * share;
      const truth = all.filter(({ enqueuedAt }) => enqueuedAt < time).length;
      const { look, looks } = peekable(all);
      const { messages: counted } = await (await sampleQueue(look, undefined)).waiting(time);
      assert.ok(Math.abs(counted - truth) <= 16, `${counted} for ${truth}`);
      assert.ok(looks() <= mostLooks);
    }),
    { numRuns: 60 },
  );
});

test('the looks of one sample are bounded, however many times are asked for', async () => {
  const { look, looks } = peekable(messages(1, 20_000));
  const sample = await sampleQueue(look, undefined);
  let last = 0;
  for (let time = 1000; time < 200_000; time += 1000) {
    const { messages: counted } = await sample.waiting(time);
    assert.ok(counted >= last, 'a later time has no less before it');
    last = counted;
    assert.ok(Math.abs(counted - time / 10) <= 600, `${counted} before ${time}`);
  }
  assert.ok(looks() <= mostLooks, String(looks()));
});

test('the cost is that of the messages that tell, for those that do not as well', async () => {
  const all = messages(1, 1000).map(({ sequence }) =>
    message(sequence, sequence % 2 === 0 ? {} : { costTokens: sequence <= 500 ? 100 : 300 }),
  );

  const { costTokens } = await (await sampleQueue(peekable(all).look, undefined)).waiting(undefined);

  assert.ok(costTokens !== undefined && Math.abs(costTokens - 200_000) <= 10_000, String(costTokens));
  const silent = await (await sampleQueue(peekable(messages(1, 10)).look, undefined)).waiting(undefined);
  assert.deepEqual(silent, { messages: 10, costTokens: undefined });
});

test('of a partitioned queue, whose numbers tell no distance, what one look shows is counted', async () => {
  const partition = 2 ** 48;
  const all = [...messages(partition + 1, partition + 3), ...messages(2 * partition + 1, 2 * partition + 2)];
  const { look, looks } = peekable(all);

  const sample = await sampleQueue(look, undefined);

  assert.equal((await sample.waiting(undefined)).messages, 5);
  assert.equal(looks(), 1);
});
