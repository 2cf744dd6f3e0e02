import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type {
  DeadLetterHead,
  DeadLetterNote,
  JobQueue,
  OutgoingMessage,
  ReceivedMessage,
} from '../../shared/pools/job-queue.ts';

export interface JobQueueUnderTest {
  /** Has the queues `jobs` and `brief`; the locks of `brief` are lost within two seconds. */
  readonly queue: JobQueue;
  /** Runs work that waits, where time has to be told to pass. */
  readonly run: <Result>(work: Promise<Result>) => Promise<Result>;
  /** Epoch ms, by the clock of the queue. */
  readonly now: () => number;
  /** What is in the dead-letter queue of `jobs`. */
  readonly deadLetters: () => Promise<readonly (DeadLetterNote & { readonly body: unknown })[]>;
  /** Lets this many ms pass. */
  readonly pass: (ms: number) => Promise<void>;
  /** Has the locks of `brief` be lost; resolves at once, where they are lost by themselves. */
  readonly loseLocks: () => void;
}

const held = new Set<string>();

/** Bodies come as bytes, as they were sent; an SDK that looks at them later may have parsed them. */
function jsonOf(body: unknown): unknown {
  return body instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(body)) : body;
}

/** What every job queue does. */
export function jobQueueContract(name: string, open: (context: TestContext) => Promise<JobQueueUnderTest>): void {
  test(`${name}: gives what was sent, with everything that travels with it`, async (context) => {
    const { queue, run } = await open(context);
    await run(queue.send('jobs', [message('a~3~0123456789ab', { epoch: 3, traceparent: '00-abc' })]));

    const received = await run(receiveOne(queue));

    const { messageId, body, epoch, traceparent, deliveryCount, batchId } = received;
    assert.deepEqual(
      { messageId, body: jsonOf(body), epoch, traceparent, deliveryCount, batchId },
      {
        messageId: 'a~3~0123456789ab',
        body: { mark: 'a~3~0123456789ab' },
        epoch: 3,
        traceparent: '00-abc',
        deliveryCount: 0,
        batchId: undefined,
      },
    );
    assert.match(received.sequenceNumber, /^\d+$/u);
    assert.equal(received.lockLost.aborted, false);
  });

  test(`${name}: gives messages in their order, each to one receiver`, async (context) => {
    const { queue, run } = await open(context);
    await run(
      queue.send(
        'jobs',
        ['a', 'b', 'c', 'd', 'e'].map((id) => message(id)),
      ),
    );

    const first = await run(queue.receive('jobs', 3, 5000));
    const rest = await run(queue.receive('jobs', 10, 5000));

    assert.deepEqual(ids(first), ['a', 'b', 'c']);
    assert.deepEqual(ids(rest), ['d', 'e']);
  });

  test(`${name}: drops a message whose id it has seen, in one call or two`, async (context) => {
    const { queue, run } = await open(context);
    await run(queue.send('jobs', [message('a'), message('a')]));
    await run(queue.send('jobs', [message('a'), message('b')]));

    assert.deepEqual(ids(await run(queue.receive('jobs', 10, 5000))), ['a', 'b']);
  });

  test(`${name}: gives a completed message to nobody any more`, async (context) => {
    const { queue, run } = await open(context);
    await run(queue.send('jobs', [message('a')]));
    const received = await run(receiveOne(queue));

    assert.equal(await run(received.complete()), 'settled');

    assert.equal(await run(queue.hasWork('jobs', held)), false);
    assert.equal(await run(received.complete()), 'not-settled');
  });

  test(`${name}: gives an abandoned message again at once, delivered once more`, async (context) => {
    const { queue, run } = await open(context);
    await run(queue.send('jobs', [message('a')]));
    const first = await run(receiveOne(queue));

    assert.equal(await run(first.abandon()), 'settled');
    const second = await run(receiveOne(queue));

    assert.equal(second.deliveryCount, 1);
    assert.equal(second.sequenceNumber, first.sequenceNumber);
    assert.equal(await run(second.complete()), 'settled');
  });

  test(`${name}: settles messages side by side, each in its own way`, async (context) => {
    const { queue, run, deadLetters } = await open(context);
    const all = Array.from({ length: 30 }, (_, index) => message(`m-${index}`));
    await run(queue.send('jobs', all));
    const received: ReceivedMessage[] = [];
    while (received.length < all.length) {
      received.push(...(await run(queue.receive('jobs', all.length, 5000))));
    }

    const settle = async (one: ReceivedMessage, index: number): Promise<string> => {
      const ways = [
        one.complete,
        one.abandon,
        async () => one.deadLetter({ reason: 'R', description: '', figures: {} }),
      ];
      return (ways[index % 3] ?? one.complete)();
    };
    const outcomes = await run(Promise.all(received.map(settle)));

    assert.deepEqual(new Set(outcomes), new Set(['settled']));
    const again = await run(queue.receive('jobs', all.length, 5000));
    assert.deepEqual(ids(again).toSorted(), ids(received.filter((_, index) => index % 3 === 1)).toSorted());
    assert.equal((await deadLetters()).length, 10);
  });

  test(`${name}: keeps a dead-lettered message with its reason, its description and its figures`, async (context) => {
    const { queue, run, deadLetters } = await open(context);
    await run(queue.send('jobs', [message('a')]));
    const received = await run(receiveOne(queue));
    const figures = { promptTokens: 130_000, code: 'context_length_exceeded' };

    assert.equal(await run(received.deadLetter({ reason: 'TooLong', description: 'By 2,000.', figures })), 'settled');

    const dead = (await deadLetters()).map((letter) => ({ ...letter, body: jsonOf(letter.body) }));
    assert.partialDeepStrictEqual(dead, [
      { reason: 'TooLong', description: 'By 2,000.', figures, body: { mark: 'a' } },
    ]);
    assert.equal(await run(queue.hasWork('jobs', held)), false);
  });

  test(`${name}: shows dead letters page by page, without their bodies, and one of them whole`, async (context) => {
    const { queue, run } = await open(context);
    const names = ['a', 'b', 'c', 'd', 'e'].map((id) => `${id}~2~0123456789ab`);
    await buried(queue, run, names);

    const first = await run(queue.peekDeadLetters('jobs', { most: 3 }));
    const rest = await run(queue.peekDeadLetters('jobs', { after: first.at(-1)?.sequenceNumber, most: 3 }));

    assert.deepEqual(
      [...first, ...rest].map(({ messageId }) => messageId),
      names,
    );
    assert.partialDeepStrictEqual(rest[0], {
      epoch: 2,
      reason: 'TooLong',
      description: 'By 2,000.',
      properties: { jobId: names[3], overByTokens: 2000 },
    });
    assert.ok(!Object.hasOwn(rest[0] ?? {}, 'body'));
    const whole = await run(queue.readDeadLetter('jobs', rest[0]?.sequenceNumber ?? ''));
    assert.partialDeepStrictEqual(whole, { messageId: names[3], reason: 'TooLong', body: { mark: names[3] } });
    assert.deepEqual(await run(queue.peekDeadLetters('brief', { most: 3 })), []);
  });

  test(`${name}: removes the dead letters that are meant, and the others keep their places`, async (context) => {
    const { queue, run } = await open(context);
    const names = Array.from({ length: 600 }, (_, index) => `m-${index}`);
    await buried(queue, run, names);
    const letters = await lettersOf(queue, run);
    assert.equal(letters.length, 600);
    const meant = new Set(letters.filter((_, index) => index % 7 === 3).map(({ sequenceNumber }) => sequenceNumber));

    assert.equal(await run(queue.removeDeadLetters('jobs', new Set([...meant, '999999999']))), meant.size);

    const left = await lettersOf(queue, run);
    assert.deepEqual(
      left.map(({ messageId }) => messageId),
      names.filter((_, index) => index % 7 !== 3),
    );
    const last = left.at(-1)?.sequenceNumber ?? '';
    assert.equal(await run(queue.removeDeadLetters('jobs', new Set([last]))), 1, 'the others were let go');
    assert.equal(await run(queue.removeDeadLetters('jobs', new Set([last]))), 0);
    assert.equal(await run(queue.readDeadLetter('jobs', last)), undefined);
  });

  test(`${name}: gives a scheduled message when it is due, and not before`, async (context) => {
    const { queue, run, now } = await open(context);
    const dueAt = now() + 1500;
    await run(queue.send('jobs', [message('later', { dueAt }), message('now')]));

    assert.deepEqual(ids(await run(queue.receive('jobs', 10, 5000))), ['now']);
    assert.deepEqual(ids(await run(queue.receive('jobs', 10, 10_000))), ['later']);
    assert.ok(now() >= dueAt - 20);
  });

  test(`${name}: waits for the first message, and gives none when none comes`, async (context) => {
    const { queue, run } = await open(context);
    assert.deepEqual(await run(queue.receive('jobs', 10, 0)), []);
    assert.deepEqual(await run(queue.receive('jobs', 10, 100)), []);

    const receiving = queue.receive('jobs', 10, 10_000);
    await queue.send('jobs', [message('a')]);

    assert.deepEqual(ids(await run(receiving)), ['a']);
  });

  test(`${name}: has work while a message is due, however often it is asked`, async (context) => {
    const { queue, run, now } = await open(context);
    assert.equal(await run(queue.hasWork('jobs', held)), false);
    await run(queue.send('jobs', [message('later', { dueAt: now() + 600_000 })]));
    assert.equal(await run(queue.hasWork('jobs', held)), false);
    await run(queue.send('jobs', [message('a')]));

    assert.equal(await run(queue.hasWork('jobs', held)), true);
    assert.equal(await run(queue.hasWork('jobs', held)), true);
  });

  test(`${name}: has no work in what is held, behind any number of messages`, async (context) => {
    const { queue, run } = await open(context);
    const all = Array.from({ length: 120 }, (_, index) => message(`m-${index}`));
    await run(queue.send('jobs', all));
    const received: ReceivedMessage[] = [];
    while (received.length < all.length) {
      received.push(...(await run(queue.receive('jobs', all.length, 5000))));
    }
    const hand = new Set(received.map(({ sequenceNumber }) => sequenceNumber));

    assert.equal(await run(queue.hasWork('jobs', hand)), false);
    assert.equal(await run(queue.hasWork('jobs', held)), true, 'what others hold is work');
    hand.delete(received.at(-1)?.sequenceNumber ?? '');
    assert.equal(await run(queue.hasWork('jobs', hand)), true);
  });

  test(`${name}: tells whoever loses a lock, and gives the message to the next`, async (context) => {
    const { queue, run, loseLocks } = await open(context);
    await run(queue.send('brief', [message('a')]));
    const [first] = await run(queue.receive('brief', 1, 5000));
    assert.ok(first !== undefined);
    const lost = Promise.withResolvers<void>();
    first.lockLost.addEventListener('abort', () => lost.resolve());

    loseLocks();
    await run(lost.promise);

    const [second] = await run(queue.receive('brief', 1, 5000));
    assert.equal(second?.deliveryCount, 1);
    assert.equal(await run(first.complete()), 'not-settled');
    assert.equal(await run(queue.hasWork('brief', held)), true);
  });

  test(`${name}: counts what waits: not what is held here, not what is scheduled, and no hole`, async (context) => {
    const { queue, run, now, pass } = await open(context);
    assert.partialDeepStrictEqual(await run(queue.backlog('jobs')), { messages: 0, costTokens: undefined });
    const all = Array.from({ length: 1200 }, (_, index) => message(`m-${index}`));
    const later = Array.from({ length: 200 }, (_, index) => message(`later-${index}`, { dueAt: now() + 600_000 }));
    await run(queue.send('jobs', [...later, ...all.slice(0, 700)]));
    await run(queue.send('jobs', all.slice(700)));
    const received: ReceivedMessage[] = [];
    while (received.length < 150) {
      received.push(...(await run(queue.receive('jobs', 150 - received.length, 5000))));
    }
    await run(Promise.all(received.slice(0, 100).map(async (one) => one.complete())));

    // An answer may be a second old: of before these were taken.
    let waiting = await run(queue.backlog('jobs'));
    while (waiting.messages >= 1150) {
      await run(pass(50));
      waiting = await run(queue.backlog('jobs'));
    }

    assert.ok(Math.abs(waiting.messages - 1050) <= 20, `${waiting.messages} for 1050`);
    assert.equal(waiting.costTokens, undefined);
    assert.equal((await run(queue.backlog('brief'))).messages, 0);
  });

  test(`${name}: tells the cost of what waits, by the messages that tell theirs`, async (context) => {
    const { queue, run } = await open(context);
    await run(queue.send('jobs', [message('a', { costTokens: 100 }), message('b', { costTokens: 300 }), message('c')]));

    assert.partialDeepStrictEqual(await run(queue.backlog('jobs')), { messages: 3, costTokens: 600 });
  });

  test(`${name}: counts what it has sent at once`, async (context) => {
    const { queue, run } = await open(context);
    await run(queue.send('jobs', [message('a', { costTokens: 100 })]));
    await run(queue.backlog('jobs'));
    await run(queue.send('jobs', [message('b', { costTokens: 200 }), message('c', { costTokens: 300 })]));

    assert.partialDeepStrictEqual(await run(queue.backlog('jobs')), { messages: 3, costTokens: 600 });
  });

  test(`${name}: counts what came before a time`, async (context) => {
    const { queue, run, now, pass } = await open(context);
    const first = Array.from({ length: 40 }, (_, index) => message(`first-${index}`));
    await run(queue.send('jobs', first));
    const [received] = await run(queue.receive('jobs', 1, 5000));
    const sentAt = received?.enqueuedAt ?? 0;
    while (now() <= sentAt) {
      await run(pass(1));
    }
    const between = now();
    await run(queue.send('jobs', [message('second'), message('third')]));

    assert.equal((await run(queue.backlog('jobs', { enqueuedBefore: between }))).messages, 39);
    assert.equal((await run(queue.backlog('jobs', { enqueuedBefore: sentAt }))).messages, 0);
    assert.equal((await run(queue.backlog('jobs', { enqueuedBefore: now() + 60_000 }))).messages, 41);
  });

  test(`${name}: sends more than one transfer holds`, async (context) => {
    const { queue, run } = await open(context);
    const filling = 'x'.repeat(2000);
    const all = Array.from({ length: 300 }, (_, index) => message(`m-${index}`, { text: JSON.stringify({ filling }) }));

    await run(queue.send('jobs', all));

    const received: ReceivedMessage[] = [];
    while (received.length < all.length) {
      const more = await run(queue.receive('jobs', 100, 5000));
      assert.ok(more.length > 0, `${received.length} of ${all.length} came`);
      received.push(...more);
    }
    assert.equal(new Set(ids(received)).size, 300);
  });
}

function message(messageId: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { messageId, text: JSON.stringify({ mark: messageId }), epoch: 0, traceparent: undefined, ...changes };
}

type Run = JobQueueUnderTest['run'];

async function buried(queue: JobQueue, run: Run, names: readonly string[]): Promise<void> {
  await run(
    queue.send(
      'jobs',
      names.map((name) => message(name, { epoch: 2 })),
    ),
  );
  for (let left = names.length; left > 0;) {
    const received = await run(queue.receive('jobs', left, 5000));
    left -= received.length;
    const note = (id: string): DeadLetterNote => ({
      reason: 'TooLong',
      description: 'By 2,000.',
      figures: { jobId: id, overByTokens: 2000, largestMessages: [{ index: 0 }] },
    });
    await run(Promise.all(received.map(async (one) => one.deadLetter(note(one.messageId ?? '')))));
  }
}

async function lettersOf(queue: JobQueue, run: Run): Promise<readonly DeadLetterHead[]> {
  const letters: DeadLetterHead[] = [];
  for (;;) {
    const page = await run(queue.peekDeadLetters('jobs', { after: letters.at(-1)?.sequenceNumber, most: 250 }));
    if (page.length === 0) {
      return letters;
    }
    letters.push(...page);
  }
}

async function receiveOne(queue: JobQueue): Promise<ReceivedMessage> {
  const [received] = await queue.receive('jobs', 1, 5000);
  assert.ok(received !== undefined);
  return received;
}

function ids(messages: readonly ReceivedMessage[]): readonly string[] {
  return messages.map(({ messageId }) => messageId ?? '');
}
