import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfValue, readEntries, readValue } from '../../../local/service-bus/amqp/amqp-decode.ts';
import { encodeList, encodeMap, encodeSection, encodeString } from '../../../local/service-bus/amqp/amqp-encode.ts';
import { dataMessage, performatives, RawClient } from './raw-client.ts';
import { receiveOne, serviceBusFixture } from './service-bus-fixture.ts';

/** One value of every primitive type and encoding of AMQP 1.0 (part 1, section 1.6). */
const everyType: Readonly<Record<string, string>> = {
  null: '40',
  true: '41',
  false: '42',
  boolean: '5601',
  ubyte: '50ff',
  ushort: '60ffff',
  uint: '70ffffffff',
  smalluint: '52ff',
  uint0: '43',
  ulong: '80ffffffffffffffff',
  smallulong: '53ff',
  ulong0: '44',
  byte: '5180',
  short: '618000',
  int: '7180000000',
  smallint: '5480',
  long: '818000000000000000',
  smalllong: '5580',
  float: '727f800000',
  double: '827ff0000000000000',
  decimal32: '7422500001',
  decimal64: '842238000000000001',
  decimal128: `94${'22'.repeat(16)}`,
  char: '730001f600',
  timestamp: '83000001941f297c00',
  uuid: `98${'ab'.repeat(16)}`,
  vbin8: 'a003010203',
  vbin32: 'b000000003010203',
  str8: 'a103e29c93',
  str32: 'b100000003e29c93',
  sym8: 'a3026f6b',
  sym32: 'b3000000026f6b',
  list0: '45',
  list8: 'c006035401540143',
  map8: 'c10602a101615401',
  array8: 'e004025401ff',
  described: '0053775401',
};

function messageOf(entries: Readonly<Record<string, string>>): Buffer {
  const encoded = Object.entries(entries).map(([key, hex]) => [key, Buffer.from(hex, 'hex')] as const);
  return Buffer.concat([
    encodeSection(0x73, encodeList([encodeString('typed')])),
    encodeSection(0x74, encodeMap(encoded)),
    dataMessage('typed'),
  ]);
}

function propertiesOf(payload: Buffer): Record<string, string> {
  for (let start = 0; start < payload.length; start = endOfValue(payload, start)) {
    if (readValue(payload, start + 1) === 0x74) {
      return Object.fromEntries(readEntries(payload, start).map(([key, value]) => [key, value.toString('hex')]));
    }
  }
  return {};
}

test('application properties of every AMQP type come back byte for byte, also beside those that a receiver changed', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);
  const sender = raw.attach('out', { role: 'sender', address: 'jobs' });
  const id = raw.transfer(sender, messageOf(everyType));
  const answer = await raw.nextWhere(({ code, fields }) => code === performatives.disposition && fields[1] === id);
  const sdk = client.createReceiver('jobs');

  const [peeked] = await sdk.peekMessages(1);
  await sdk.abandonMessage(await receiveOne(sdk), { added: 'later', null: 'not null any more' });
  await sdk.close();
  const receiver = raw.attach('in', { role: 'receiver', address: 'jobs' });
  raw.credit(receiver, 1);
  const { added, null: changed, ...others } = propertiesOf((await raw.next('transfer')).payload);
  const { null: _, ...expected } = everyType;

  assert.equal(answer.fields[3], true);
  assert.equal(peeked?.applicationProperties?.['str8'], '✓');
  assert.deepEqual(others, expected);
  assert.deepEqual(
    [added, changed].map((hex) => readValue(Buffer.from(hex ?? '', 'hex'))),
    ['later', 'not null any more'],
  );
});
