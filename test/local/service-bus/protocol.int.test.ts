import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import rhea from 'rhea';
import { isAmqpList } from '../../../local/service-bus/amqp/amqp-decode.ts';
import {
  encodedNull,
  encodedTrue,
  encodeList,
  encodeSection,
  encodeUint,
} from '../../../local/service-bus/amqp/amqp-encode.ts';
import { serviceBusFixture } from './service-bus-fixture.ts';
import {
  attachFields,
  dataMessage,
  dispositionFields,
  frameOf,
  namespaceToken,
  outcomes,
  performatives,
  putTokenProperties,
  RawClient,
  sectionsOf,
  transferFields,
  type Frame,
} from './raw-client.ts';

const settledMode = 1;
const empty = { active: 0, locked: 0, scheduled: 0, deferred: 0, deadLettered: 0 };

function deliveryCountOf(frame: Frame): unknown {
  const header = sectionsOf(frame.payload).get(0x70);
  return isAmqpList(header) ? header[4] : undefined;
}

function bodyOf(frame: Frame): string {
  const body = sectionsOf(frame.payload).get(0x75);
  return Buffer.isBuffer(body) ? body.toString() : '';
}

test('a receiver that asks for settled messages gets them settled, and they are gone', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: Buffer.from('a') });
  const raw = await RawClient.open(t, bus.port);

  const handle = raw.attach('in', { role: 'receiver', address: 'jobs', sendMode: settledMode });
  const answer = await raw.next('attach');
  raw.credit(handle, 1);
  const transfer = await raw.next('transfer');

  assert.equal(answer.fields[3], settledMode);
  assert.equal(transfer.fields[4], true);
  assert.deepEqual(bus.counts('jobs'), empty);
});

test('a receiver that settles first is not answered: the message is completed at once', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages([{ body: Buffer.from('a') }, { body: Buffer.from('b') }]);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs', receiveMode: 0 });
  raw.credit(handle, 2);
  const first = Number((await raw.next('transfer')).fields[1]);
  const second = Number((await raw.next('transfer')).fields[1]);

  raw.send('disposition', dispositionFields({ first, outcome: outcomes.accepted, settled: true }));
  raw.send('disposition', dispositionFields({ first: second, outcome: outcomes.accepted, settled: false }));
  const answer = await raw.next('disposition');

  assert.equal(answer.fields[1], second);
  assert.equal(answer.fields[3], true);
  assert.deepEqual(bus.counts('jobs'), empty);
});

test('a released message was no delivery, a modified one was', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: Buffer.from('a') });
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  raw.credit(handle, 10);
  const first = await raw.next('transfer');

  raw.send(
    'disposition',
    dispositionFields({ first: Number(first.fields[1]), outcome: outcomes.released, settled: true }),
  );
  const second = await raw.next('transfer');
  raw.send(
    'disposition',
    dispositionFields({ first: Number(second.fields[1]), outcome: outcomes.modified, settled: true }),
  );
  const third = await raw.next('transfer');

  assert.deepEqual([first, second, third].map(deliveryCountOf), [0, 0, 1]);
});

test('a flow with echo is answered, for a link and for a session', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  await raw.next('attach');

  raw.credit(handle, 7, { echo: true });
  const ofLink = await raw.nextWhere(
    ({ code, fields }) =>
      code === performatives.flow && fields[4] !== null && fields[4] !== undefined && fields[6] === 7,
  );
  raw.send('flow', [
    encodeUint(0),
    encodeUint(5000),
    encodeUint(1),
    encodeUint(5000),
    encodedNull,
    encodedNull,
    encodedNull,
    encodedNull,
    encodedNull,
    encodedTrue,
  ]);
  const ofSession = await raw.nextWhere(
    ({ code, fields }) => code === performatives.flow && (fields[4] ?? null) === null,
  );

  assert.equal(ofLink.fields[6], 7);
  assert.ok(Number(ofSession.fields[1]) > 0);
});

test('a drain without messages gives all credit back', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  await raw.next('attach');

  raw.credit(handle, 5, { drain: true });
  const flow = await raw.nextWhere(({ code, fields }) => code === performatives.flow && fields[8] === true);

  assert.equal(flow.fields[5], 5);
  assert.equal(flow.fields[6], 0);
});

test('a drain brings what there is first', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages([{ body: Buffer.from('a') }, { body: Buffer.from('b') }]);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  await raw.next('attach');

  raw.credit(handle, 5, { drain: true });
  const received = [bodyOf(await raw.next('transfer')), bodyOf(await raw.next('transfer'))];
  const flow = await raw.nextWhere(({ code, fields }) => code === performatives.flow && fields[8] === true);

  assert.deepEqual(received, ['a', 'b']);
  assert.equal(flow.fields[6], 0);
});

test('a transfer that is aborted leaves nothing, and the link goes on', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('out', { role: 'sender', address: 'jobs' });
  await raw.next('attach');

  const id = raw.newDelivery();
  const part = { handle, id, settled: false };
  raw.send('transfer', transferFields({ ...part, more: true }), dataMessage('never').subarray(0, 4));
  raw.send('transfer', transferFields({ ...part, more: false, aborted: true }));
  const next = raw.transfer(handle, dataMessage('whole'));
  const answer = await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === next);

  assert.equal(answer.fields[3], true);
  assert.equal(bus.counts('jobs').active, 1);
});

test('a message in as many frames as it has bytes arrives whole', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('out', { role: 'sender', address: 'jobs' });
  await raw.next('attach');
  const message = dataMessage('in small pieces');

  const id = raw.newDelivery();
  for (let index = 0; index < message.length; index += 1) {
    const fields = transferFields({ handle, id, settled: false, more: index + 1 < message.length });
    raw.send('transfer', fields, message.subarray(index, index + 1));
  }
  await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === id);

  const [received] = await client.createReceiver('jobs').receiveMessages(1);
  assert.deepEqual(received?.body, Buffer.from('in small pieces'));
});

test('a client that takes small frames gets small frames', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: Buffer.alloc(3000, 'x') });
  const raw = await RawClient.open(t, bus.port, { maxFrameBytes: 512 });
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  raw.credit(handle, 1);

  const frames: Frame[] = [];
  do {
    frames.push(await raw.next('transfer'));
  } while (frames.at(-1)?.fields[5] === true);

  assert.ok(frames.length >= 6);
  assert.ok(frames.every(({ bytes }) => bytes <= 512));
  const body = sectionsOf(Buffer.concat(frames.map(({ payload }) => payload))).get(0x75);
  assert.deepEqual(body, Buffer.alloc(3000, 'x'));
});

test('a thousand transfers in one write are all taken, in order', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('out', { role: 'sender', address: 'jobs' });
  await raw.next('attach');
  raw.socket.cork();
  for (let index = 0; index < 1000; index += 1) {
    raw.transfer(handle, dataMessage(String(index)), { settled: true });
  }
  const last = raw.transfer(handle, dataMessage('last'));
  raw.socket.uncork();
  await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === last);

  const peeked = await client.createReceiver('jobs').peekMessages(1001);
  assert.equal(peeked.length, 1001);
  assert.equal(peeked[999]?.body, 999);
});

test('a link that is detached and attached again under its name in one go is a new link', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('again', { role: 'receiver', address: 'jobs' });
  await raw.next('attach');

  const detach = frameOf('detach', [encodeUint(handle), encodedTrue]);
  const attach = frameOf('attach', attachFields('again', { handle: 9, role: 'receiver', address: 'jobs' }));
  raw.socket.write(Buffer.concat([detach, attach]));
  await raw.next('detach');
  const answer = await raw.next('attach');
  raw.credit(9, 1);
  await client.createSender('jobs').sendMessages({ body: Buffer.from('to the new one') });

  assert.equal(answer.fields[0], 'again');
  assert.equal(bodyOf(await raw.next('transfer')), 'to the new one');
});

test('credit that is taken back while messages are on their way is none, not less', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const sender = client.createSender('jobs');
  await sender.sendMessages({ body: Buffer.from('a') });
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  raw.credit(handle, 1);
  await raw.next('transfer');

  // The client's delivery-count is one behind: it has not seen the message yet.
  raw.credit(handle, 0, { echo: true });
  const none = await raw.next('flow');
  raw.credit(handle, 2);
  await sender.sendMessages({ body: Buffer.from('b') });

  assert.equal(none.fields[6], 0);
  assert.equal(bodyOf(await raw.next('transfer')), 'b');
});

test('two links may share a name, one in each direction', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const receiver = raw.attach('both', { role: 'receiver', address: 'jobs' });
  const sender = raw.attach('both', { role: 'sender', address: 'jobs' });
  const names = [(await raw.next('attach')).fields[0], (await raw.next('attach')).fields[0]];

  raw.credit(receiver, 1);
  raw.transfer(sender, dataMessage('around'), { settled: true });
  const body = bodyOf(await raw.next('transfer'));
  raw.send('detach', [encodeUint(sender), encodedTrue]);
  const detach = await raw.next('detach');
  raw.credit(receiver, 0, { echo: true });
  await raw.next('flow');

  assert.deepEqual(names, ['both', 'both']);
  assert.equal(body, 'around');
  assert.equal(detach.code, performatives.detach);
});

test('what is sent on a link that the service has detached is dropped, and the session goes on', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const dropped = raw.attach('first', { role: 'sender', address: 'jobs' });
  await raw.next('attach');
  bus.dropLinks(({ role }) => role === 'sender', { condition: 'amqp:link:detach-forced', description: 'for the test' });

  raw.transfer(dropped, dataMessage('too late'), { settled: true });
  raw.send('detach', [encodeUint(dropped), encodedTrue]);
  const handle = raw.attach('second', { role: 'sender', address: 'jobs' });
  await raw.next('attach');
  const id = raw.transfer(handle, dataMessage('in time'));
  await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === id);

  assert.equal(bus.counts('jobs').active, 1);
});

test('a disposition about what was never delivered changes nothing', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: Buffer.from('a') });
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
  raw.credit(handle, 1);
  const id = Number((await raw.next('transfer')).fields[1]);

  raw.send('disposition', dispositionFields({ first: id + 5, outcome: outcomes.accepted, settled: true }));
  raw.send('disposition', dispositionFields({ first: id, outcome: outcomes.accepted, settled: false }));
  const answer = await raw.next('disposition');

  assert.equal(answer.fields[1], id);
  assert.deepEqual(bus.counts('jobs'), empty);
});

test('a link of a transaction is refused by name, and the session goes on', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const coordinator = encodeSection(0x30, encodeList([]));
  const fields = attachFields('transaction', { handle: 7, role: 'sender', address: 'jobs' });

  raw.send('attach', [...fields.slice(0, 6), coordinator, ...fields.slice(7)]);
  const detach = await raw.next('detach');
  raw.attach('after', { role: 'sender', address: 'jobs' });
  const attach = await raw.next('attach');

  assert.match(JSON.stringify(detach.fields), /amqp:not-implemented.*transactions/);
  assert.equal(attach.fields[0], 'after');
});

test('another AMQP library, with its own defaults, sends and receives', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: Buffer.from('from the SDK') });
  const { port } = bus;
  const connection = rhea.create_container().connect({ host: '127.0.0.1', port, username: 'any', reconnect: false });
  t.after(() => connection.close());
  const answers = connection.open_receiver({ name: 'answers', source: '$cbs' });
  const requests = connection.open_sender('$cbs');
  await once(requests, 'sendable');
  const properties = { reply_to: 'answers', message_id: 1, application_properties: putTokenProperties(port) };
  requests.send({ ...properties, body: namespaceToken(port) });
  await once(answers, 'message');

  const sender = connection.open_sender('jobs');
  await once(sender, 'sendable');
  sender.send({ body: 'from rhea' });
  await once(sender, 'accepted');
  const receiver = connection.open_receiver({ source: 'jobs', credit_window: 0, autoaccept: true });
  for (let received = 0; received < 2; received += 1) {
    receiver.add_credit(1);
    await once(receiver, 'message');
  }
  connection.close();
  await once(connection, 'connection_close');

  assert.deepEqual(bus.counts('jobs'), empty);
});

test('two receivers with credit get the same share of what comes in one batch', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const receivers = [await RawClient.open(t, bus.port), await RawClient.open(t, bus.port)];
  for (const raw of receivers) {
    const handle = raw.attach('in', { role: 'receiver', address: 'jobs' });
    raw.credit(handle, 50, { echo: true });
    await raw.nextWhere(({ code, fields }) => code === performatives.flow && fields[6] === 50);
  }

  const bodies = Array.from({ length: 60 }, (_, index) => ({ body: Buffer.from(String(index)) }));
  await client.createSender('jobs').sendMessages(bodies);
  const shares = await Promise.all(
    receivers.map(async (raw) => {
      const share: number[] = [];
      while (share.length < 30) {
        share.push(Number(bodyOf(await raw.next('transfer'))));
      }
      return share;
    }),
  );

  assert.equal(new Set(shares.flat()).size, 60);
  assert.deepEqual(bus.counts('jobs'), { ...empty, locked: 60 });
});
