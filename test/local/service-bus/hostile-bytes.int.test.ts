import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  encodedNull,
  encodedTrue,
  encodeList,
  encodeSection,
  encodeString,
  encodeUint,
} from '../../../local/service-bus/amqp/amqp-encode.ts';
import { serviceBusFixture, type ServiceBusFixture } from './service-bus-fixture.ts';
import {
  amqpHeader,
  attachFields,
  dataMessage,
  frameOf,
  outcomes,
  performatives,
  RawClient,
  transferFields,
} from './raw-client.ts';

/** Another client, which was there before and is there after. */
async function witness({ client }: ServiceBusFixture): Promise<() => Promise<void>> {
  const sender = client.createSender('jobs');
  await sender.sendMessages({ body: 'before' });
  return async () => sender.sendMessages({ body: 'after' });
}

async function connected(t: TestContext, port: number): Promise<RawClient> {
  const raw = new RawClient(t, port);
  await new Promise((resolve) => {
    raw.socket.once('connect', resolve);
  });
  return raw;
}

const noFrame = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0]);
const nested = (depth: number): Buffer => {
  let value = encodeList([]);
  for (let level = 0; level < depth; level += 1) {
    value = encodeList([value]);
  }
  return value;
};

const hostile: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['the protocol header of AMQP 0-9-1', Buffer.from('AMQP\u0000\u0000\u0009\u0001', 'latin1')],
  ['a protocol header that is no AMQP', Buffer.from('AMQX\u0000\u0001\u0000\u0000', 'latin1')],
  ['a frame of no bytes', Buffer.concat([amqpHeader, noFrame])],
  ['a frame that claims four gigabytes', Buffer.concat([amqpHeader, Buffer.from('fffffff002000000', 'hex')])],
  ['a frame shorter than its head', Buffer.concat([amqpHeader, Buffer.from('0000000602000000', 'hex')])],
  ['a data offset of nothing', Buffer.concat([amqpHeader, Buffer.from('0000000900000000ff', 'hex')])],
  ['a frame of an unknown type', Buffer.concat([amqpHeader, Buffer.from('0000000902770000ff', 'hex')])],
  [
    'a performative that is no list',
    Buffer.concat([amqpHeader, Buffer.from('0000000b020000000053', 'hex'), Buffer.alloc(8)]),
  ],
  ['a begin before the open', Buffer.concat([amqpHeader, frameOf('begin', [encodedNull, encodeUint(0)])])],
  [
    'SASL that never ends',
    Buffer.concat([Buffer.from('AMQP\u0003\u0001\u0000\u0000', 'latin1'), Buffer.alloc(64, 0xff)]),
  ],
  ['lists in lists in lists', Buffer.concat([amqpHeader, frameOf('open', [encodeString('deep'), nested(5000)])])],
];

for (const [name, bytes] of hostile) {
  test(`${name} ends its own connection and no other`, { timeout: 30_000 }, async (t) => {
    const fixture = await serviceBusFixture(t);
    const goOn = await witness(fixture);
    const raw = await connected(t, fixture.bus.port);

    raw.socket.write(bytes);
    await raw.closed();
    await goOn();

    assert.equal(fixture.bus.counts('jobs').active, 2);
  });
}

const wrongFrames: readonly (readonly [name: string, bytes: Buffer])[] = [
  [
    'a transfer on a handle that is not attached',
    frameOf('transfer', transferFields({ handle: 77, id: 5, settled: true, more: false }), dataMessage('x')),
  ],
  [
    'a flow for a handle that is not attached',
    frameOf('flow', [
      encodeUint(0),
      encodeUint(1),
      encodeUint(0),
      encodeUint(1),
      encodeUint(77),
      encodeUint(0),
      encodeUint(1),
    ]),
  ],
  ['a detach of a handle that is not attached', frameOf('detach', [encodeUint(77), encodedTrue])],
  ['a second open', frameOf('open', [encodeString('again')])],
  ['a performative that does not exist', wrapped(encodeSection(0x19, encodeList([])))],
  [
    'an attach cut off in the middle',
    wrapped(
      encodeSection(
        performatives.attach,
        encodeList(attachFields('cut', { handle: 5, role: 'sender', address: 'jobs' })),
      ).subarray(0, 20),
    ),
  ],
];

function wrapped(body: Buffer): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0]);
  head.writeUInt32BE(head.length + body.length, 0);
  return Buffer.concat([head, body]);
}

for (const [name, bytes] of wrongFrames) {
  test(`${name} is told as the error with which the connection is closed`, { timeout: 30_000 }, async (t) => {
    const fixture = await serviceBusFixture(t);
    const goOn = await witness(fixture);
    const raw = await RawClient.open(t, fixture.bus.port);

    raw.socket.write(bytes);
    const close = await raw.next('close');
    await raw.closed();
    await goOn();

    assert.match(JSON.stringify(close.fields), /amqp:/);
  });
}

test('a message that is no AMQP is rejected by amqp:decode-error, and the link goes on', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const handle = raw.attach('out', { role: 'sender', address: 'jobs' });
  await raw.next('attach');

  const bad = raw.transfer(handle, Buffer.from('no AMQP at all'));
  const refusal = await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === bad);
  const good = raw.transfer(handle, dataMessage('good'));
  const answer = await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === good);

  assert.match(JSON.stringify(refusal.fields), /amqp:decode-error/);
  assert.equal(answer.encoded[4]?.[2], outcomes.accepted);
  assert.equal(bus.counts('jobs').active, 1);
});

test('bytes turned at random in what a client says harm nobody else', { timeout: 60_000 }, async (t) => {
  const fixture = await serviceBusFixture(t);
  const goOn = await witness(fixture);
  const begin = [encodedNull, encodeUint(0), encodeUint(100), encodeUint(100)];
  const said = Buffer.concat([
    amqpHeader,
    frameOf('open', [encodeString('fuzz')]),
    frameOf('begin', begin),
    frameOf('attach', attachFields('cbs', { handle: 0, role: 'sender', address: '$cbs' })),
    frameOf('transfer', transferFields({ handle: 0, id: 0, settled: true, more: false }), dataMessage('x')),
  ]);
  const random = seeded(7);

  for (let round = 0; round < 150; round += 1) {
    const raw = await connected(t, fixture.bus.port);
    const bytes = Buffer.from(said);
    for (let turned = 0; turned < 3; turned += 1) {
      bytes[8 + Math.floor(random() * (bytes.length - 8))] = Math.floor(random() * 256);
    }
    raw.socket.end(bytes);
    raw.socket.resume();
    await raw.closed();
  }
  await goOn();

  assert.equal(fixture.bus.counts('jobs').active, 2);
});

/** A small linear congruential generator: the same turns in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
