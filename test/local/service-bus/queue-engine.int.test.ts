import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Consumer, Delivery } from '../../../local/service-bus/connections/consumer.ts';
import type { Entity } from '../../../local/service-bus/queues/entity.ts';
import { parseMessage, type ParsedMessage } from '../../../local/service-bus/amqp/message-sections.ts';
import { QueueEngine } from '../../../local/service-bus/queues/queue-engine.ts';
import { QueueStore, type NewMessage } from '../../../local/service-bus/queues/queue-store.ts';
import { temporaryDatabase } from './service-bus-fixture.ts';

/** A store whose next insert fails, as on a full disk. */
class FailingStore extends QueueStore {
  failNext = false;

  override insert(row: NewMessage): number {
    if (this.failNext) {
      this.failNext = false;
      throw new Error('the disk is full');
    }
    return super.insert(row);
  }
}

interface EngineFixture {
  readonly engine: QueueEngine;
  readonly store: FailingStore;
  readonly failures: unknown[];
  readonly entity: () => Entity;
}

function engineFixture(t: TestContext, now: () => number = () => 0): EngineFixture {
  const store = new FailingStore(temporaryDatabase(t));
  const failures: unknown[] = [];
  const queues = [{ name: 'jobs', lockDurationMs: 1000 }];
  const engine = new QueueEngine({ store, queues, now, onFailure: (error) => failures.push(error) });
  t.after(() => {
    engine.close();
    store.close();
  });
  const entity = (): Entity => {
    const found = engine.find('jobs', false);
    assert.ok(found !== undefined);
    return found;
  };
  return { engine, store, failures, entity };
}

/** `{"body": …}` as the smallest AMQP message: one data section. */
function message(body: string): ParsedMessage {
  return parseMessage(Buffer.concat([Buffer.from([0x00, 0x53, 0x75, 0xa0, body.length]), Buffer.from(body)]));
}

async function enqueue({ engine, entity }: EngineFixture, texts: readonly string[]): Promise<readonly number[]> {
  return new Promise((resolve) => {
    engine.enqueue(
      entity(),
      texts.map((text) => message(text)),
      resolve,
    );
  });
}

const turnEnded = (engine: QueueEngine): Promise<void> =>
  new Promise((resolve) => {
    engine.afterCommit(resolve);
  });

test('a turn that fails acknowledges nothing, keeps nothing, and the next one goes on', async (t) => {
  const fixture = engineFixture(t);
  const { engine, store, failures } = fixture;
  await enqueue(fixture, ['kept']);
  const acknowledged: unknown[] = [];

  engine.enqueue(fixture.entity(), [message('same turn, before')], () => acknowledged.push('before'));
  store.failNext = true;
  engine.enqueue(fixture.entity(), [message('fails')], () => acknowledged.push('fails'));
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  const next = await enqueue(fixture, ['after']);

  assert.deepEqual(acknowledged, []);
  assert.match(String(failures[0]), /the disk is full/);
  assert.deepEqual(next, [2]);
  assert.equal(engine.counts('jobs').active, 2);
});

interface StubConsumer extends Consumer {
  readonly delivered: Delivery[];
}

function consumer(fields: { readonly accepts: boolean; readonly credit: number }): StubConsumer {
  const delivered: Delivery[] = [];
  let credit = fields.credit;
  return {
    presettled: false,
    hold: undefined,
    draining: false,
    delivered,
    capacity: () => credit,
    reserve: () => {
      credit -= 1;
    },
    deliver: (delivery) => {
      delivered.push(delivery);
      return fields.accepts;
    },
    answerDrain: () => undefined,
  };
}

test('a message for a receiver that has gone meanwhile is free again, and that was no delivery', async (t) => {
  const fixture = engineFixture(t);
  const { engine } = fixture;
  const gone = consumer({ accepts: false, credit: 1 });
  engine.attach(fixture.entity(), gone);
  await enqueue(fixture, ['a']);
  await turnEnded(engine);

  const present = consumer({ accepts: true, credit: 1 });
  engine.detach(fixture.entity(), gone);
  engine.attach(fixture.entity(), present);
  await turnEnded(engine);

  assert.equal(gone.delivered.length, 1);
  assert.equal(present.delivered.length, 1);
  assert.equal(present.delivered[0]?.lock?.deliveryCount, 0);
});

test('receivers with credit are served in turns', async (t) => {
  const fixture = engineFixture(t);
  const consumers = [1, 2, 3].map(() => consumer({ accepts: true, credit: 10 }));
  for (const each of consumers) {
    fixture.engine.attach(fixture.entity(), each);
  }

  await enqueue(fixture, ['a', 'b', 'c', 'd', 'e', 'f']);
  await turnEnded(fixture.engine);

  assert.deepEqual(
    consumers.map(({ delivered }) => delivered.map(({ lock }) => lock?.sequence)),
    [
      [1, 4],
      [2, 5],
      [3, 6],
    ],
  );
});

test('a lock ends when its time is over by the clock, and its token is worth nothing from then on', async (t) => {
  let nowMs = 0;
  const fixture = engineFixture(t, () => nowMs);
  const { engine } = fixture;
  const receiver = consumer({ accepts: true, credit: 2 });
  engine.attach(fixture.entity(), receiver);
  await enqueue(fixture, ['a']);
  const token = receiver.delivered[0]?.lock?.token ?? '';
  const complete = () =>
    new Promise((resolve) => {
      engine.settle(fixture.entity(), token, { kind: 'complete' }, (error) => {
        resolve(error?.condition);
      });
    });

  nowMs = 999;
  await turnEnded(engine);
  assert.equal(receiver.delivered.length, 1);
  nowMs = 1000;
  const outcome = await complete();

  assert.equal(outcome, 'com.microsoft:message-lock-lost');
  assert.equal(receiver.delivered[1]?.lock?.deliveryCount, 1);
});

test('a backlog that expires leaves in several turns, and what lives on stays in order', async (t) => {
  let nowMs = 0;
  const fixture = engineFixture(t, () => nowMs);
  const { engine } = fixture;
  const short = { ...message('short'), ttlMs: 10 };
  const messages = Array.from({ length: 1300 }, (_, index) => (index % 100 === 0 ? message('long') : short));
  await new Promise((resolve) => {
    engine.enqueue(fixture.entity(), messages, resolve);
  });

  nowMs = 10;
  const left: number[] = [];
  do {
    await turnEnded(engine);
    left.push(engine.counts('jobs').active);
  } while (left.at(-1) !== 13);
  const receiver = consumer({ accepts: true, credit: 20 });
  engine.attach(fixture.entity(), receiver);
  await turnEnded(engine);

  assert.ok(left.length > 1);
  assert.deepEqual(
    receiver.delivered.map(({ lock }) => lock?.sequence),
    Array.from({ length: 13 }, (_, index) => index * 100 + 1),
  );
});

test('a message that expired while it was locked does not come back', async (t) => {
  let nowMs = 0;
  const fixture = engineFixture(t, () => nowMs);
  const { engine } = fixture;
  const receiver = consumer({ accepts: true, credit: 5 });
  engine.attach(fixture.entity(), receiver);
  engine.enqueue(fixture.entity(), [{ ...message('short'), ttlMs: 10 }], () => undefined);
  await turnEnded(engine);
  const token = receiver.delivered[0]?.lock?.token ?? '';

  nowMs = 20;
  await new Promise((resolve) => {
    engine.settle(fixture.entity(), token, { kind: 'abandon', changes: [] }, resolve);
  });
  await turnEnded(engine);

  assert.equal(receiver.delivered.length, 1);
  assert.deepEqual(engine.counts('jobs'), { active: 0, locked: 0, scheduled: 0, deferred: 0, deadLettered: 0 });
});
