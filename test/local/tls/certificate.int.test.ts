import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';

import { createServer, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openCertificate } from '../../../local/tls/open-certificate.ts';
import { selfSignedCertificate } from '../../../local/tls/self-signed-certificate.ts';

const now = Date.UTC(2030, 0, 2);
const dayMs = 86_400_000;

test('a client that trusts the certificate reaches a server by name and by address', async (t) => {
  const hosts = ['localhost', '127.0.0.1'];
  const certificate = selfSignedCertificate({ hosts, from: Date.now() - dayMs, until: Date.now() + dayMs });
  const server = createServer({ ...certificate }, (_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  const ask = async (host: string, ca?: string): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const asked = request({ host, port, ca, agent: false }, (response) => {
      response.on('end', () => resolve(undefined)).resume();
    });
    asked.on('error', reject).end();
    await promise;
  };

  await ask('localhost', certificate.cert);
  await ask('127.0.0.1', certificate.cert);
  await assert.rejects(ask('localhost'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
});

test('a certificate says whom it is for and how long it holds, and signs itself', () => {
  const { cert } = selfSignedCertificate({ hosts: ['localhost', '10.1.2.3'], from: now, until: Date.UTC(2060, 0, 1) });
  const certificate = new X509Certificate(cert);

  assert.equal(certificate.subjectAltName, 'DNS:localhost, IP Address:10.1.2.3');
  assert.equal(certificate.validFromDate.getTime(), now);
  assert.equal(certificate.validToDate.getTime(), Date.UTC(2060, 0, 1));
  assert.ok(certificate.ca);
  assert.ok(certificate.verify(certificate.publicKey));
  assert.ok(certificate.checkIssued(certificate));
});

test('a folder keeps its certificate until a month before its end', (t) => {
  const folder = temporaryFolder(t);
  const first = openCertificate(folder, now);

  assert.equal(openCertificate(folder, now + 3600 * dayMs).cert, first.cert);
  assert.notEqual(openCertificate(folder, now + 3630 * dayMs).cert, first.cert);
});

test('a key that is not the one of the certificate is made anew with it', (t) => {
  const folder = temporaryFolder(t);
  const first = openCertificate(folder, now);
  const { key } = selfSignedCertificate({ hosts: ['localhost'], from: now, until: now + dayMs });
  writeFileSync(join(folder, 'localhost.key.pem'), key);

  assert.notEqual(openCertificate(folder, now).cert, first.cert);
});

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}
