import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAmqpList, isAmqpMap, type AmqpValue } from '../../../local/service-bus/amqp/amqp-decode.ts';
import { encodedTrue, encodeInt, encodeLong, encodeMap } from '../../../local/service-bus/amqp/amqp-encode.ts';
import { RawClient, request, sectionsOf } from './raw-client.ts';
import { serviceBusFixture } from './service-bus-fixture.ts';

async function manage(raw: RawClient, operation: string, body: Buffer): Promise<Map<AmqpValue, AmqpValue>> {
  const requests = raw.attach(`out-${operation}`, { role: 'sender', address: 'jobs/$management' });
  const answers = raw.attach(`in-${operation}`, { role: 'receiver', address: 'jobs/$management' });
  await raw.next('attach');
  await raw.next('attach');
  raw.credit(answers, 1);
  raw.transfer(requests, request({ replyTo: `in-${operation}`, properties: { operation }, body }), { settled: true });
  return sectionsOf((await raw.next('transfer')).payload);
}

function statusOf(sections: Map<AmqpValue, AmqpValue>): unknown[] {
  const properties = sections.get(0x74);
  const read = (name: string): unknown => (isAmqpMap(properties) ? properties.get(name) : undefined);
  return [read('statusCode'), read('errorCondition'), read('statusDescription')];
}

test('a peek may leave the bodies out', async (t) => {
  const { bus, client } = await serviceBusFixture(t);
  await client.createSender('jobs').sendMessages({ body: Buffer.alloc(1000) });
  const raw = await RawClient.open(t, bus.port);

  const sections = await manage(
    raw,
    'com.microsoft:peek-message',
    encodeMap([
      ['from-sequence-number', encodeLong(1)],
      ['message-count', encodeInt(1)],
      ['omit-message-body', encodedTrue],
    ]),
  );

  const body = sections.get(0x77);
  const messages = isAmqpMap(body) ? body.get('messages') : undefined;
  const [first] = isAmqpList(messages) ? messages : [];
  const message = isAmqpMap(first) ? first.get('message') : undefined;
  assert.ok(Buffer.isBuffer(message));
  assert.deepEqual(sectionsOf(message).get(0x75), Buffer.alloc(0));
});

test('a management operation that is not carried is 501 and named', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);

  const [status, condition, description] = statusOf(
    await manage(raw, 'com.microsoft:get-message-sessions', encodeMap([])),
  );

  assert.deepEqual([status, condition], [501, 'amqp:not-implemented']);
  assert.match(String(description), /the management operation 'com.microsoft:get-message-sessions'/);
});

test('a management request without what it needs is 400', async (t) => {
  const { bus } = await serviceBusFixture(t);
  const raw = await RawClient.open(t, bus.port);

  for (const operation of ['renew-lock', 'update-disposition', 'receive-by-sequence-number', 'renew-session-lock']) {
    const [status, condition] = statusOf(await manage(raw, `com.microsoft:${operation}`, encodeMap([])));
    assert.deepEqual([operation, status, condition], [operation, 400, 'com.microsoft:argument-error']);
  }
});
