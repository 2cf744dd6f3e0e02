import assert from 'node:assert/strict';
import { test } from 'node:test';
import rhea from 'rhea';
import { readEntries, readValue } from '../../../local/service-bus/amqp/amqp-decode.ts';
import { encodeInt, encodeString } from '../../../local/service-bus/amqp/amqp-encode.ts';
import { encodeDelivered } from '../../../local/service-bus/amqp/delivered-message.ts';
import {
  changeApplicationProperties,
  parseBatch,
  parseMessage,
  withinTimeToLive,
} from '../../../local/service-bus/amqp/message-sections.ts';

const place = {
  id: 1,
  sequence: 42,
  enqueueSequence: 40,
  enqueuedAtMs: 1_700_000_000_000,
  expiresAtMs: undefined,
  deliveryCount: 0,
  onceScheduled: false,
  deferred: false,
  session: undefined,
};

const plain: unknown = rhea.message.data_section(Buffer.from('"body"'));

test('a message is delivered with what the sender wrote and what the broker knows', () => {
  const sent = rhea.message.encode({
    durable: true,
    priority: 7,
    ttl: 60_000,
    message_id: 'm',
    correlation_id: 9,
    message_annotations: { 'x-opt-partition-key': 'p', 'x-opt-sequence-number': 1, 'x-opt-locked-until': 1 },
    application_properties: { a: 1 },
    body: plain,
  });

  const parsed = parseMessage(sent);
  const delivered = rhea.message.decode(encodeDelivered({ ...parsed, ...place }, { lockedUntilMs: 1_700_000_060_000 }));

  assert.equal(parsed.messageIdKey, 'string:m');
  assert.deepEqual(
    [delivered['durable'], delivered['priority'], delivered['ttl'], delivered['delivery_count']],
    [true, 7, 60_000, 0],
  );
  assert.deepEqual([delivered['message_id'], delivered['correlation_id']], ['m', 9]);
  assert.deepEqual(delivered['application_properties'], { a: 1 });
  assert.deepEqual(delivered['message_annotations'], {
    'x-opt-sequence-number': 42,
    'x-opt-enqueue-sequence-number': 40,
    'x-opt-enqueued-time': new Date(1_700_000_000_000),
    'x-opt-locked-until': new Date(1_700_000_060_000),
    'x-opt-partition-key': 'p',
  });
});

test('message ids of different types are different', () => {
  const key = (id: unknown): string => parseMessage(rhea.message.encode({ message_id: id, body: plain })).messageIdKey;

  assert.equal(new Set([key('1'), key(1), key(Buffer.alloc(16)), key('2')]).size, 4);
  assert.equal(key('1'), key('1'));
});

test('a message without a message id is given one and keeps its other properties', () => {
  const parsed = parseMessage(rhea.message.encode({ subject: 's', body: plain }));
  const delivered = rhea.message.decode(encodeDelivered({ ...parsed, ...place }));

  assert.match(String(delivered['message_id']), /^[0-9a-f]{32}$/);
  assert.equal(delivered['subject'], 's');
});

test('a body of sequences or of a value passes unchanged', () => {
  const value = parseMessage(rhea.message.encode({ body: { a: [1, 'b'] } }));
  const sequences: unknown = rhea.message.sequence_sections([[1], [2]]);
  const sequence = parseMessage(rhea.message.encode({ body: sequences }));

  assert.deepEqual(rhea.message.decode(encodeDelivered({ ...value, ...place }))['body'], { a: [1, 'b'] });
  assert.equal(sequence.body.length > 0, true);
});

test('a peek without bodies leaves the body out', () => {
  const parsed = parseMessage(rhea.message.encode({ body: plain }));

  assert.ok(!encodeDelivered({ ...parsed, ...place }, { omitBody: true }).includes('body'));
});

test('a scheduled time is read from the annotation', () => {
  const due = new Date(1_800_000_000_000);
  const annotations = { 'x-opt-scheduled-enqueue-time': due };
  const parsed = parseMessage(rhea.message.encode({ message_annotations: annotations, body: plain }));

  assert.equal(parsed.scheduledAtMs, due.getTime());
});

test('a batch is cut into its messages', () => {
  const one = rhea.message.encode({ message_id: 'one', body: plain });
  const two = rhea.message.encode({ message_id: 'two', body: plain });
  const batch: unknown = rhea.message.data_sections([one, two]);

  assert.deepEqual(
    parseBatch(rhea.message.encode({ body: batch })).map(({ messageIdKey }) => messageIdKey),
    ['string:one', 'string:two'],
  );
});

test('changed application properties keep the others and their types', () => {
  const { applicationProperties } = parseMessage(
    rhea.message.encode({ application_properties: { kept: 1, changed: 'before' }, body: plain }),
  );
  const changed = changeApplicationProperties(applicationProperties, [
    ['changed', encodeString('after')],
    ['added', encodeInt(3)],
  ]);

  assert.deepEqual(
    readEntries(changed).map(([key, value]) => [key, readValue(value)]),
    [
      ['kept', 1],
      ['changed', 'after'],
      ['added', 3],
    ],
  );
  assert.equal(changeApplicationProperties(applicationProperties, []), applicationProperties);
});

test('the session of a message is its group id', () => {
  const sessionOf = (fields: object): string | undefined =>
    parseMessage(rhea.message.encode({ ...fields, body: plain })).sessionId;

  assert.equal(sessionOf({ message_id: 'm', group_id: 'orders' }), 'orders');
  assert.equal(sessionOf({ group_id: '' }), '');
  assert.equal(sessionOf({ message_id: 'm' }), undefined);
  assert.equal(sessionOf({}), undefined);
});

test("a queue's time to live shortens a longer one, and the absolute expiry time with it", () => {
  const created = new Date(1_700_000_000_000);
  const times = { ttl: 60_000, creation_time: created, absolute_expiry_time: new Date(created.getTime() + 60_000) };
  const sent = parseMessage(rhea.message.encode({ message_id: 'm', subject: 's', ...times, body: plain }));

  const shortened = withinTimeToLive(sent, 5000);
  const delivered = rhea.message.decode(encodeDelivered({ ...shortened, ...place }));

  assert.equal(shortened.ttlMs, 5000);
  assert.deepEqual(
    [delivered['absolute_expiry_time'], delivered['creation_time'], delivered['subject'], delivered['message_id']],
    [new Date(created.getTime() + 5000), created, 's', 'm'],
  );
  assert.equal(withinTimeToLive(sent, 60_000), sent);
  assert.equal(withinTimeToLive(sent, undefined), sent);
});

test("a message without a time to live gets its queue's", () => {
  const sent = parseMessage(rhea.message.encode({ message_id: 'm', body: plain }));

  assert.equal(withinTimeToLive(sent, 5000).ttlMs, 5000);
});
