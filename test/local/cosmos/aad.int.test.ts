import { CosmosClient, type CosmosClientOptions } from '@azure/cosmos';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { Agent } from 'node:https';
import { connect } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { issueToken } from '../../../local/cosmos/access/aad-token.ts';
import { startCosmos, type Cosmos } from '../../../local/cosmos/start-cosmos.ts';
import { openCertificate, type KeptCertificate } from '../../../local/tls/open-certificate.ts';
import { key, openClient, read, temporaryFolder } from './open-cosmos.ts';

const run = promisify(execFile);

interface SecureCosmos {
  readonly cosmos: Cosmos;
  readonly certificate: KeptCertificate;
  readonly endpoint: string;
  readonly open: (options: Partial<CosmosClientOptions>) => CosmosClient;
}

async function openSecure(t: TestContext): Promise<SecureCosmos> {
  const certificate = openCertificate(temporaryFolder(t));
  const databases = [{ id: 'app', containers: [{ id: 'items', partitionKeyPath: '/id' }] }];
  const cosmos = await startCosmos({ port: 0, databasePath: ':memory:', key, databases, certificate });
  t.after(async () => {
    await cosmos.stop();
  });
  const endpoint = String(cosmos.secureEndpoint);
  const agent = new Agent({ ca: certificate.cert, keepAlive: true });
  t.after(() => {
    agent.destroy();
  });
  const open = (options: Partial<CosmosClientOptions>): CosmosClient => {
    const client = new CosmosClient({ endpoint, agent, ...options });
    t.after(() => {
      client.dispose();
    });
    return client;
  };
  return { cosmos, certificate, endpoint, open };
}

/** A credential with whatever token it is given. */
function credentialOf(token: string): NonNullable<CosmosClientOptions['aadCredentials']> {
  return { getToken: async () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
}

function tokenFor(endpoint: string, nowMs = Date.now(), ownKey = key): string {
  return issueToken({ key: ownKey, audience: new URL(endpoint).origin, nowMs }).token;
}

test('TLS and plain HTTP are spoken on the same port, and the account names itself accordingly', async (t) => {
  const { cosmos, endpoint, open } = await openSecure(t);

  const secure = await open({ key }).getDatabaseAccount();
  const plain = await openClient(t, cosmos).getDatabaseAccount();

  assert.equal(secure.resource?.writableLocations[0]?.databaseAccountEndpoint, endpoint);
  assert.equal(plain.resource?.writableLocations[0]?.databaseAccountEndpoint, cosmos.endpoint);
  assert.equal(new URL(endpoint).port, new URL(cosmos.endpoint).port);
});

test('a token of the account is good for items and queries', async (t) => {
  const { endpoint, open } = await openSecure(t);
  const items = open({ aadCredentials: credentialOf(tokenFor(endpoint)) })
    .database('app')
    .container('items');

  await items.items.create({ id: 'a', n: 1 });
  await items.item('a', 'a').patch([{ op: 'incr', path: '/n', value: 1 }]);

  assert.equal((await read(items, 'a')).item?.['n'], 2);
  assert.equal((await items.items.query('SELECT * FROM c ORDER BY c.id').fetchAll()).resources.length, 1);
  assert.equal((await items.read()).statusCode, 200);
});

test('a token is refused with 403, substatus 5300, for databases, containers and offers', async (t) => {
  const { endpoint, open } = await openSecure(t);
  const client = open({ aadCredentials: credentialOf(tokenFor(endpoint)) });
  const refused = { code: 403, substatus: 5300 };

  await assert.rejects(client.databases.create({ id: 'other' }), refused);
  await assert.rejects(
    client.database('app').containers.create({ id: 'other', partitionKey: { paths: ['/id'] } }),
    refused,
  );
  await assert.rejects(client.database('app').container('items').delete(), refused);
  await assert.rejects(client.database('app').container('items').readOffer(), refused);
});

test('tokens that are expired, of another account or for another audience are refused with 401', async (t) => {
  const { endpoint, open } = await openSecure(t);
  const dayMs = 24 * 3_600_000;
  const tokens = {
    expired: tokenFor(endpoint, Date.now() - 2 * dayMs),
    'not valid yet': tokenFor(endpoint, Date.now() + dayMs),
    'of another account': tokenFor(endpoint, Date.now(), Buffer.from('another key').toString('base64')),
    'for another audience': tokenFor('https://other.documents.azure.com/'),
    'no token': 'nonsense',
  };

  for (const [what, token] of Object.entries(tokens)) {
    const items = open({ aadCredentials: credentialOf(token) })
      .database('app')
      .container('items');
    await assert.rejects(items.item('a', 'a').read(), { code: 401 }, what);
  }
});

test('a token without a signature is refused with 401, whatever it claims', async (t) => {
  const { endpoint, open } = await openSecure(t);
  const [, claims] = tokenFor(endpoint).split('.');
  const head = Buffer.from(JSON.stringify({ typ: 'JWT', alg: 'none' })).toString('base64url');
  const items = open({ aadCredentials: credentialOf(`${head}.${claims}.`) })
    .database('app')
    .container('items');

  await assert.rejects(items.item('a', 'a').read(), { code: 401 });
});

test('a token is not taken over plain HTTP', async (t) => {
  const { cosmos, endpoint } = await openSecure(t);
  const authorization = encodeURIComponent(`type=aad&ver=1.0&sig=${tokenFor(endpoint)}`);

  const response = await fetch(`${cosmos.endpoint}dbs/app/colls/items`, { headers: { authorization } });

  assert.equal(response.status, 401);
});

test('tokens are handed out to whoever knows the header, for this account alone', async (t) => {
  const { cosmos, endpoint } = await openSecure(t);
  const { header, url } = cosmos.identity;
  const ask = async (resource: string, secret: string): Promise<number> => {
    const headers = { 'X-IDENTITY-HEADER': secret };
    return (await fetch(`${url}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`, { headers })).status;
  };

  assert.equal(await ask(endpoint, header), 200);
  assert.equal(await ask(endpoint, 'another'), 401);
  assert.equal(await ask('https://vault.azure.net', header), 400);
});

/** A client as it is deployed: it knows of nothing but its environment. */
const program = `
  import { CosmosClient } from ${JSON.stringify(import.meta.resolve('@azure/cosmos'))};
  import { DefaultAzureCredential } from ${JSON.stringify(import.meta.resolve('@azure/identity'))};
  const client = new CosmosClient({ endpoint: process.argv[1], aadCredentials: new DefaultAzureCredential() });
  const { resource } = await client.database('app').container('items').items.create({ id: 'a' });
  console.log(resource.id);
  client.dispose();
`;

test('a client with the credential of Azure’s samples works unchanged, by its managed identity', async (t) => {
  const { certificate, cosmos, endpoint } = await openSecure(t);

  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program, '--', endpoint], {
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: certificate.certificateFile,
      IDENTITY_ENDPOINT: cosmos.identity.url,
      IDENTITY_HEADER: cosmos.identity.header,
    },
  });

  assert.equal(stdout.trim(), 'a');
});

test('a client that leaves without a word is let go', async (t) => {
  const { cosmos } = await openSecure(t);
  const socket = connect(cosmos.port, '127.0.0.1');
  socket.end();
  socket.resume();

  await once(socket, 'close');

  assert.equal(socket.destroyed, true);
});

test('a client that has nothing more to say gets its answer', async (t) => {
  const { cosmos } = await openSecure(t);
  const socket = connect(cosmos.port, '127.0.0.1');
  socket.end('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');

  assert.match(await text(socket), /^HTTP\/1\.1 401 /u);
});

test('without a certificate, a client that speaks TLS is cut off and the others go on', async (t) => {
  const cosmos = await startCosmos({ port: 0, databasePath: ':memory:', key, databases: [] });
  t.after(async () => {
    await cosmos.stop();
  });
  const socket = connect(cosmos.port, '127.0.0.1');
  socket.end(Buffer.from([0x16, 3, 1, 0, 1, 0]));
  socket.resume();

  await once(socket, 'close');

  assert.equal((await openClient(t, cosmos).databases.create({ id: 'a' })).statusCode, 201);
});
