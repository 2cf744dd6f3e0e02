import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSignedCertificate, type Certificate } from './self-signed-certificate.ts';

/** A certificate that is kept in a file, for `NODE_EXTRA_CA_CERTS`. */
export interface KeptCertificate extends Certificate {
  readonly certificateFile: string;
}

const hosts = ['localhost', '127.0.0.1'];
const dayMs = 86_400_000;
const validMs = 3650 * dayMs;
/** One that ends sooner is made anew. */
const leastLeftMs = 30 * dayMs;

/**
 * The certificate for `localhost` in a folder, made when there is none that is good for another month. It stays the same
 * from one start to the next, so that clients need to be told only once.
 */
export function openCertificate(folder: string, nowMs = Date.now()): KeptCertificate {
  const certificateFile = join(folder, 'localhost.cert.pem');
  const keyFile = join(folder, 'localhost.key.pem');
  const kept = readKept(certificateFile, keyFile);
  if (kept !== undefined && isGood(kept, nowMs)) {
    return { ...kept, certificateFile };
  }
  mkdirSync(folder, { recursive: true });
  const made = selfSignedCertificate({ hosts, from: nowMs - dayMs, until: nowMs + validMs });
  replaceFile(keyFile, made.key);
  replaceFile(certificateFile, made.cert);
  return { ...made, certificateFile };
}

function readKept(certificateFile: string, keyFile: string): Certificate | undefined {
  try {
    return { cert: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** A key of another certificate is left behind when making one was interrupted. */
function isGood({ cert, key }: Certificate, nowMs: number): boolean {
  const certificate = new X509Certificate(cert);
  return certificate.checkPrivateKey(createPrivateKey(key)) && certificate.validToDate.getTime() - nowMs > leastLeftMs;
}

/** Nobody sees half a file, and only the owner reads it. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
