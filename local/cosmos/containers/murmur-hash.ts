/**
 * MurmurHash3, the variant for 64-bit machines with 128 bits of result and seed 0, as Austin Appleby put it into the
 * public domain (github.com/aappleby/smhasher). Returns the two halves, the first one first.
 */
export function murmurHash128(bytes: Buffer): readonly [bigint, bigint] {
  const wholeBytes = bytes.length - (bytes.length % blockBytes);
  let h1 = 0n;
  let h2 = 0n;
  for (let at = 0; at < wholeBytes; at += blockBytes) {
    h1 ^= scramble(bytes.readBigUInt64LE(at), first);
    h1 = wrap((rotate(h1, 27n) + h2) * 5n + 0x52dce729n);
    h2 ^= scramble(bytes.readBigUInt64LE(at + 8), second);
    h2 = wrap((rotate(h2, 31n) + h1) * 5n + 0x38495ab5n);
  }
  const tail = Buffer.alloc(blockBytes);
  bytes.copy(tail, 0, wholeBytes);
  h1 ^= scramble(tail.readBigUInt64LE(0), first);
  h2 ^= scramble(tail.readBigUInt64LE(8), second);
  return finish(h1, h2, BigInt(bytes.length));
}

const blockBytes = 16;
const c1 = 0x87c37b91114253d5n;
const c2 = 0x4cf5ad432745937fn;
const first = { before: c1, turn: 31n, after: c2 } as const;
const second = { before: c2, turn: 33n, after: c1 } as const;

interface Scramble {
  readonly before: bigint;
  readonly turn: bigint;
  readonly after: bigint;
}

function finish(left: bigint, right: bigint, length: bigint): readonly [bigint, bigint] {
  let h1 = left ^ length;
  let h2 = right ^ length;
  h1 = wrap(h1 + h2);
  h2 = wrap(h2 + h1);
  h1 = mix(h1);
  h2 = mix(h2);
  h1 = wrap(h1 + h2);
  h2 = wrap(h2 + h1);
  return [h1, h2];
}

function scramble(word: bigint, { before, turn, after }: Scramble): bigint {
  return wrap(rotate(wrap(word * before), turn) * after);
}

function mix(word: bigint): bigint {
  let mixed = word ^ (word >> 33n);
  mixed = wrap(mixed * 0xff51afd7ed558ccdn);
  mixed ^= mixed >> 33n;
  mixed = wrap(mixed * 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}

function rotate(word: bigint, by: bigint): bigint {
  return wrap(word << by) | (word >> (64n - by));
}

function wrap(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}
