import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  derBitString,
  derInteger,
  derObjectId,
  derOctets,
  derSequence,
  derTime,
  derTrue,
  derUtf8,
  derValue,
} from './der.ts';

/** A certificate and its private key, both in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const ecdsaWithSha256 = derSequence(derObjectId('1.2.840.10045.4.3.2'));
const commonName = derObjectId('2.5.4.3');
const extensionIds = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
} as const;
const serverAuthentication = '1.3.6.1.5.5.7.3.1';

/**
 * Makes a certificate (X.509 v3, RFC 5280; ECDSA on P-256) that signs itself: a client trusts it when it is among its
 * authorities, for Node by the file in `NODE_EXTRA_CA_CERTS`.
 *
 * @param settings.hosts names and IPv4 addresses that it is for @param settings.from first moment, epoch milliseconds
 * @param settings.until last moment
 */
export function selfSignedCertificate(settings: {
  readonly hosts: readonly string[];
  readonly from: number;
  readonly until: number;
}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicInfo = publicKey.export({ type: 'spki', format: 'der' });
  const name = derSequence(derValue(0x31, derSequence(commonName, derUtf8(settings.hosts[0] ?? 'localhost'))));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  const body = derSequence(
    // Version 3 is written as 2.
    derValue(0xa0, derInteger(Buffer.from([2]))),
    derInteger(serial),
    ecdsaWithSha256,
    name,
    derSequence(derTime(settings.from), derTime(settings.until)),
    name,
    publicInfo,
    derValue(0xa3, extensions(settings.hosts, publicInfo)),
  );
  const der = derSequence(body, ecdsaWithSha256, derBitString(sign('sha256', body, privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/gu) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(hosts: readonly string[], publicInfo: Buffer): Buffer {
  const keyId = createHash('sha1').update(publicInfo).digest();
  return derSequence(
    extension(extensionIds.basicConstraints, derSequence(derTrue), true),
    // digitalSignature and keyCertSign: bits 0 and 5, two of eight unused.
    extension(extensionIds.keyUsage, derValue(0x03, Buffer.from([2, 0x84])), true),
    extension(extensionIds.extendedKeyUsage, derSequence(derObjectId(serverAuthentication))),
    extension(extensionIds.alternativeNames, derSequence(...hosts.map(alternativeName))),
    extension(extensionIds.subjectKeyId, derOctets(keyId)),
  );
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return derSequence(derObjectId(id), ...(isCritical ? [derTrue] : []), derOctets(value));
}

/** GeneralName: `iPAddress` is [7], `dNSName` is [2]. */
function alternativeName(host: string): Buffer {
  return isIPv4(host) ? derValue(0x87, Buffer.from(host.split('.').map(Number))) : derValue(0x82, Buffer.from(host));
}
