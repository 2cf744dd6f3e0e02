import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { serviceBusFixture, type ServiceBusFixture } from './service-bus-fixture.ts';

const inAMinute = Math.round(Date.now() / 1000) + 60;

/** A token of the fixture's key for the whole namespace. */
function token(): string {
  const resource = encodeURIComponent('http://localhost/');
  const signature = createHmac('sha256', 'test-key').update(`${resource}\n${inAMinute}`).digest('base64');
  const fields = `sr=${resource}&sig=${encodeURIComponent(signature)}&se=${inAMinute}&skn=RootManageSharedAccessKey`;
  return `SharedAccessSignature ${fields}`;
}

interface Asked {
  readonly method?: string;
  readonly body?: string;
  readonly authorization?: string;
}

async function ask({ bus }: ServiceBusFixture, path: string, asked: Asked = {}): Promise<[number, string]> {
  const { authorization = token(), ...init } = asked;
  const response = await fetch(`http://localhost:${bus.port}/${path}`, { ...init, headers: { authorization } });
  return [response.status, await response.text()];
}

function description(content: string): Asked {
  return { method: 'PUT', body: `<entry xmlns="http://www.w3.org/2005/Atom"><content>${content}</content></entry>` };
}

test('any HTTP client with a token of the key administers queues', async (t) => {
  const fixture = await serviceBusFixture(t);

  const [created] = await ask(
    fixture,
    'made',
    description('<QueueDescription><LockDuration>PT5S</LockDuration></QueueDescription>'),
  );
  const [found, queue] = await ask(fixture, 'made?api-version=2017-04');
  const [removed] = await ask(fixture, 'made', { method: 'DELETE' });

  assert.deepEqual([created, found, removed], [201, 200, 200]);
  assert.match(queue, /<LockDuration>PT5S<\/LockDuration>/u);
});

test('a request that cannot be read is 400 with the reason, and the next one is answered', async (t) => {
  const fixture = await serviceBusFixture(t);
  const refused = [
    await ask(fixture, 'made', { method: 'PUT', body: 'no XML' }),
    await ask(fixture, 'made', { method: 'PUT', body: '<entry/>' }),
    await ask(fixture, 'made', { method: 'PUT', body: 'x'.repeat(2 * 1024 * 1024) }),
    await ask(fixture, '%E0%A4%A', description('<QueueDescription/>')),
    await ask(fixture, 'a%20name', description('<QueueDescription/>')),
    await ask(fixture, '$Resources/Queues?$top=many'),
  ];

  assert.deepEqual(
    refused.map(([status]) => status),
    refused.map(() => 400),
  );
  assert.equal((await ask(fixture, 'jobs'))[0], 200);
});

test('a request without a token, or with one of Entra ID, is 401', async (t) => {
  const fixture = await serviceBusFixture(t);

  const [without] = await ask(fixture, 'jobs', { authorization: '' });
  const [bearer, body] = await ask(fixture, 'jobs', { authorization: 'Bearer abc' });

  assert.deepEqual([without, bearer], [401, 401]);
  assert.match(body, /does not carry tokens of Microsoft Entra ID/u);
});

test('messages over HTTP are refused by name', async (t) => {
  const fixture = await serviceBusFixture(t);

  const [status, body] = await ask(fixture, 'jobs/messages', { method: 'POST', body: 'a' });

  assert.equal(status, 501);
  assert.match(body, /messages over HTTP/u);
});
