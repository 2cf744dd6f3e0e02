import { AppError } from '../../shared/errors.ts';
import { isPayloadName, payloadPrefixes } from '../../shared/payloads/payload-name.ts';
import type { PayloadStore } from '../../shared/payloads/payload-store.ts';

export interface MemoryPayloadStore extends PayloadStore {
  /** What is stored, by name. */
  readonly payloads: Map<string, Uint8Array>;
}

/** Payloads in memory, with the contract of the port. */
export function memoryPayloadStore(): MemoryPayloadStore {
  const payloads = new Map<string, Uint8Array>();
  return {
    payloads,
    put: async (name, content) => {
      payloads.set(checked(name), typeof content === 'string' ? new TextEncoder().encode(content) : content.slice());
    },
    get: async (name, maxBytes) => {
      const bytes = payloads.get(name);
      if (bytes === undefined) {
        return { kind: 'missing' };
      }
      return bytes.byteLength > maxBytes
        ? { kind: 'tooLarge', bytes: bytes.byteLength }
        : { kind: 'found', text: Buffer.from(bytes).toString('utf8') };
    },
    remove: async (name) => {
      payloads.delete(checked(name));
    },
    removeOf: async (jobId) => {
      const prefixes = payloadPrefixes(jobId);
      const names = [...payloads.keys()].filter((name) => prefixes.some((prefix) => name.startsWith(prefix)));
      return names.filter((name) => payloads.delete(name)).length;
    },
  };
}

function checked(name: string): string {
  if (!isPayloadName(name)) {
    throw new AppError('payloads.invalid_name', 'A payload was refused: its name is not one of ours.');
  }
  return name;
}
