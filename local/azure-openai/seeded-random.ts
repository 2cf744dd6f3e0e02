import { createHash } from 'node:crypto';

/** Numbers in [0, 1) that depend on nothing but the parts given. */
export type Random = () => number;

/** sfc32 seeded with the SHA-1 of the parts: the same parts, the same numbers. */
export function seededRandom(...parts: readonly (string | number)[]): Random {
  const hash = createHash('sha1');
  for (const part of parts) {
    hash.update(`${part}\u0000`);
  }
  const digest = hash.digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let counter = digest.readUInt32LE(12);
  return () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
}
