import type { TokenCredential } from '@azure/identity';
import type { ContainerClient } from '@azure/storage-blob';
import { AppError } from '../errors.ts';
import { isPayloadName, payloadPrefixes, requestName } from './payload-name.ts';
import type { PayloadRead, PayloadStore } from './payload-store.ts';

/** A connection string (local stack), or a blob service reached by identity. */
export type BlobPayloadSettings = { readonly container: string } & (
  | { readonly connectionString: string }
  | { readonly url: string; readonly credential: TokenCredential }
);

/** One layer of retries, the SDK's: three tries of at most 20 s, within 65 s. */
const retryOptions = { maxTries: 3, tryTimeoutInMs: 20_000, retryDelayInMs: 200, maxRetryDelayInMs: 2000 };

/**
 * Payloads as block blobs. The container is made when a write finds it missing, and not before. `@azure/storage-blob` is
 * imported at the first use, as most jobs are small and never need it.
 */
export function blobPayloadStore(settings: BlobPayloadSettings): PayloadStore {
  let connecting: Promise<ContainerClient> | undefined;
  const container = async (): Promise<ContainerClient> => {
    connecting ??= connect(settings);
    return connecting;
  };
  return {
    put: async (name, content) => {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      await attempt('Writing', name, async () => put(await container(), name, bytes));
    },
    get: async (name, maxBytes) =>
      isPayloadName(name)
        ? attempt('Reading', name, async () => get(await container(), name, maxBytes))
        : { kind: 'missing' },
    remove: async (name) => {
      await attempt('Removing', name, async () => remove(await container(), name));
    },
    removeOf: async (jobId) => {
      const name = requestName(jobId, 'all');
      return attempt('Removing', name, async () => removeAll(await container(), payloadPrefixes(jobId)));
    },
  };
}

async function connect(settings: BlobPayloadSettings): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const service =
    'connectionString' in settings
      ? BlobServiceClient.fromConnectionString(settings.connectionString, { retryOptions })
      : new BlobServiceClient(settings.url, settings.credential, { retryOptions });
  return service.getContainerClient(settings.container);
}

async function put(container: ContainerClient, name: string, bytes: Uint8Array): Promise<void> {
  const write = async (): Promise<void> => {
    await container
      .getBlockBlobClient(name)
      .upload(bytes, bytes.byteLength, { blobHTTPHeaders: { blobContentType: 'application/json; charset=utf-8' } });
  };
  try {
    await write();
  } catch (error) {
    if (statusOf(error) !== 404) {
      throw error;
    }
    await container.createIfNotExists();
    await write();
  }
}

async function get(container: ContainerClient, name: string, maxBytes: number): Promise<PayloadRead> {
  try {
    const stop = new AbortController();
    const download = await container.getBlobClient(name).download(0, undefined, { abortSignal: stop.signal });
    const bytes = download.contentLength ?? 0;
    const stream = download.readableStreamBody;
    if (bytes > maxBytes) {
      stream?.on('error', () => undefined);
      stop.abort();
      return { kind: 'tooLarge', bytes };
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream ?? []) {
      chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
    }
    return { kind: 'found', text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    if (statusOf(error) === 404) {
      return { kind: 'missing' };
    }
    throw error;
  }
}

async function remove(container: ContainerClient, name: string): Promise<void> {
  try {
    await container.getBlobClient(name).delete();
  } catch (error) {
    if (statusOf(error) !== 404) {
      throw error;
    }
  }
}

async function removeAll(container: ContainerClient, prefixes: readonly string[]): Promise<number> {
  let removed = 0;
  try {
    for (const prefix of prefixes) {
      for await (const { name } of container.listBlobsFlat({ prefix })) {
        await remove(container, name);
        removed += 1;
      }
    }
  } catch (error) {
    // Nothing was ever stored: the container is made by the first write.
    if (statusOf(error) !== 404) {
      throw error;
    }
  }
  return removed;
}

/** S1: a name that is not ours never becomes an address. */
async function attempt<Result>(doing: string, name: string, action: () => Promise<Result>): Promise<Result> {
  if (!isPayloadName(name)) {
    throw new AppError('payloads.invalid_name', `${doing} a payload was refused: its name is not one of ours.`);
  }
  try {
    return await action();
  } catch (error) {
    const status = statusOf(error);
    const isForbidden = status === 401 || status === 403;
    throw new AppError(
      isForbidden ? 'payloads.forbidden' : 'payloads.unavailable',
      isForbidden
        ? `${doing} payload ${name} was refused: give the app's identity "Storage Blob Data Contributor" on the container.`
        : `${doing} payload ${name} failed: the blob service did not answer as it should.`,
      { cause: error, isRetryable: !isForbidden },
    );
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
}
