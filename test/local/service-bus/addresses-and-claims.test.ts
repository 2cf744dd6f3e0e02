import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { parseEntityAddress } from '../../../local/service-bus/connections/entity-address.ts';
import { deliveryTag, newLockToken } from '../../../local/service-bus/queues/lock-token.ts';
import { checkSasToken, Claims } from '../../../local/service-bus/management/sas-claims.ts';

const sharedKey = { keyName: 'root', key: 'secret' };
const now = 1_700_000_000_000;

function token(resource: string, fields: { key?: string; keyName?: string; expiresAtMs?: number } = {}): string {
  const sr = encodeURIComponent(resource);
  const se = Math.floor((fields.expiresAtMs ?? now + 60_000) / 1000);
  const sig = createHmac('sha256', fields.key ?? 'secret')
    .update(`${sr}\n${se}`)
    .digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${fields.keyName ?? 'root'}`;
}

test('an address names a queue, its dead-letter queue and its management node', () => {
  const queue = { kind: 'queue', queue: 'jobs-high', deadLetter: false, management: false };

  assert.deepEqual(parseEntityAddress('Jobs-High'), queue);
  assert.deepEqual(parseEntityAddress('/jobs-high/$management'), { ...queue, management: true });
  assert.deepEqual(parseEntityAddress('jobs-high/$DeadLetterQueue'), { ...queue, deadLetter: true });
  assert.deepEqual(parseEntityAddress('jobs-high/$deadletterqueue/$management'), {
    ...queue,
    deadLetter: true,
    management: true,
  });
  assert.deepEqual(parseEntityAddress('$cbs'), { kind: 'cbs' });
});

test('topics and other sub-queues are named as not carried', () => {
  assert.equal(parseEntityAddress('t/Subscriptions/s').kind, 'notCarried');
  assert.equal(parseEntityAddress('jobs/$Transfer/$DeadLetterQueue').kind, 'notCarried');
});

test('a signed token is granted until it expires, for its resource and below', () => {
  const check = (resource: string, audience: string) => checkSasToken(token(resource), audience, sharedKey, now).kind;

  assert.deepEqual(checkSasToken(token('sb://host:1/Jobs'), 'sb://host:1/jobs', sharedKey, now), {
    kind: 'granted',
    scope: 'jobs',
    expiresAtMs: now + 60_000,
  });
  assert.equal(check('sb://host/', 'sb://host/jobs'), 'granted');
  assert.equal(check('sb://host/jobs', 'sb://host/jobs/$management'), 'granted');
  assert.equal(check('sb://host/jobs', 'sb://host/jobs-high'), 'refused');
});

test('a token of another key, another name, out of date or malformed is refused', () => {
  const check = (text: string) => checkSasToken(text, 'sb://host/jobs', sharedKey, now).kind;

  assert.equal(check(token('sb://host/jobs', { key: 'other' })), 'refused');
  assert.equal(check(token('sb://host/jobs', { keyName: 'other' })), 'refused');
  assert.equal(check(token('sb://host/jobs', { expiresAtMs: now })), 'refused');
  assert.equal(check(token('sb://host/jobs').replace(/se=\d+/, 'se=99999999999')), 'refused');
  assert.equal(check('Bearer abc'), 'refused');
  assert.equal(check('SharedAccessSignature sr=%E0%A4%A&sig=&se=&skn='), 'refused');
});

test('claims open what they cover, for as long as they last', () => {
  const claims = new Claims();
  claims.grant('jobs', now + 10);

  assert.ok(claims.allows('Jobs/$management', now));
  assert.ok(!claims.allows('jobs', now + 10));
  assert.ok(!claims.allows('jobs-high', now));
});

test("a delivery tag is the lock token in .NET's byte order", () => {
  assert.equal(deliveryTag('00112233445566778899aabbccddeeff').toString('hex'), '33221100554477668899aabbccddeeff');
  assert.match(newLockToken(), /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
});
