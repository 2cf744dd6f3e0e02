import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAmqpList, isAmqpMap, type AmqpValue } from '../../../local/service-bus/amqp/amqp-decode.ts';
import {
  encodedNull,
  encodedTrue,
  encodeList,
  encodeSection,
  encodeString,
  encodeSymbolMap,
  encodeUint,
} from '../../../local/service-bus/amqp/amqp-encode.ts';
import { attachFields, performatives, RawClient } from './raw-client.ts';
import { receiveOne, serviceBusFixture } from './service-bus-fixture.ts';

const withSessions = [{ name: 'jobs', requiresSession: true }] as const;

test('sessions that are taken away by a fault are lost to their receivers, and their messages come back', async (t) => {
  const { client, bus } = await serviceBusFixture(t, withSessions);
  await client.createSender('jobs').sendMessages({ body: 1, sessionId: 'a' });
  const session = await client.acceptSession('jobs', 'a');
  const stale = await receiveOne(session);

  const lapsed = await bus.lapseLocks({ queue: 'jobs' });
  const next = await client.acceptNextSession('jobs');
  const again = await receiveOne(next);

  assert.equal(lapsed, 1);
  assert.equal(again.deliveryCount, 1);
  await assert.rejects(session.completeMessage(stale), { code: 'SessionLockLost' });
});

/** Attaches a receiver of a session: one that is named, or the next. The attach is not answered yet. */
function attachSession(
  raw: RawClient,
  { handle, name, session }: { handle: number; name: string; session?: string },
): void {
  const wanted = session === undefined ? encodedNull : encodeString(session);
  const filter = encodeSymbolMap([['com.microsoft:session-filter', wanted]]);
  const none = Array.from({ length: 6 }, () => encodedNull);
  const source = encodeSection(0x28, encodeList([encodeString('jobs'), ...none, filter]));
  const fields = attachFields(name, { handle, role: 'receiver', address: 'jobs' });
  raw.send('attach', [...fields.slice(0, 5), source, ...fields.slice(6)]);
}

test('those who wait for the next session are served in the order in which they came', async (t) => {
  const { bus, client } = await serviceBusFixture(t, withSessions);
  const raw = await RawClient.open(t, bus.port);
  attachSession(raw, { handle: 8, name: 'first' });
  attachSession(raw, { handle: 9, name: 'second' });

  await client.createSender('jobs').sendMessages([
    { body: 1, sessionId: 'a' },
    { body: 2, sessionId: 'b' },
  ]);
  const answers = [await raw.next('attach'), await raw.next('attach')];

  assert.deepEqual(
    answers.map(({ fields }) => [fields[0], sessionOf(fields[5])]),
    [
      ['first', 'a'],
      ['second', 'b'],
    ],
  );
});

test('a receiver that stops waiting leaves the next session to others', async (t) => {
  const { bus, client } = await serviceBusFixture(t, withSessions);
  const raw = await RawClient.open(t, bus.port);
  attachSession(raw, { handle: 8, name: 'leaves' });
  raw.send('detach', [encodeUint(8), encodedTrue]);
  attachSession(raw, { handle: 9, name: 'stays' });
  await raw.next('detach');

  await client.createSender('jobs').sendMessages({ body: 1, sessionId: 'a' });
  const answer = await raw.nextWhere(({ code, fields }) => code === performatives.attach && fields[0] === 'stays');

  assert.equal(sessionOf(answer.fields[5]), 'a');
});

test('who does not wait is refused with a null source, then the error', async (t) => {
  const { bus, client } = await serviceBusFixture(t, withSessions);
  await client.acceptSession('jobs', 'a');
  const raw = await RawClient.open(t, bus.port);

  attachSession(raw, { handle: 9, name: 'too late', session: 'a' });
  const attach = await raw.next('attach');
  const detach = await raw.next('detach');

  assert.equal(attach.fields[5] ?? null, null);
  assert.match(JSON.stringify(detach.fields), /com.microsoft:session-cannot-be-locked/);
});

function sessionOf(source: AmqpValue | undefined): AmqpValue | undefined {
  const filter = isAmqpList(source) ? source[7] : undefined;
  return isAmqpMap(filter) ? filter.get('com.microsoft:session-filter') : undefined;
}

test('messages of sessions are counted as those of other queues are', async (t) => {
  const { client, bus } = await serviceBusFixture(t, withSessions);
  const messages = ['a', 'a', 'b', 'c'].map((sessionId) => ({ body: sessionId, sessionId }));
  await client.createSender('jobs').sendMessages(messages);
  const session = await client.acceptSession('jobs', 'a');
  await session.deferMessage(await receiveOne(session));
  await receiveOne(session);

  assert.deepEqual(bus.counts('jobs'), { active: 2, locked: 1, scheduled: 0, deferred: 1, deadLettered: 0 });
});
