/**
 * Singleton by blob lease: of all hosts that name the same blob, at most one holds it.
 *
 * States: waiting → holding → lost → waiting … → stopped.
 * 1. `whileHolding` runs only between an acquired lease and its release, loss or stop; the signal that it gets is
 *    aborted at the loss, and the lease is asked for again only after it has ended.
 * 2. A lease counts as lost when it was not renewed for its whole length, whatever the storage says: a host that cannot
 *    reach the storage stops before another one may start. As on Azure a stalled process can overlap for a moment.
 * 3. The holder writes its process id into the blob. A host that finds the holder's process gone breaks the lease at
 *    once instead of waiting for it to lapse, under the ETag that it read, so that a newer holder is never broken: a
 *    host holds only after its own write succeeded. All hosts of the embedded stack run on one machine.
 */
import type { BlobLeaseClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

export interface LeaseSettings {
  readonly container: ContainerClient;
  readonly blobName: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Ends when the signal is aborted and `whileHolding` has ended; the lease is released then. */
export async function holdLease(
  settings: LeaseSettings,
  whileHolding: (lost: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, log, blobName } = settings;
  const blob = settings.container.getBlockBlobClient(blobName);
  let faulty = false;
  while (!signal.aborted) {
    try {
      const lease = await acquire(settings.container, blob);
      faulty = false;
      if (lease !== undefined) {
        await hold(lease, signal, whileHolding);
      }
    } catch (error) {
      if (!faulty && !signal.aborted) {
        log(`lease ${blobName}: ${error instanceof Error ? error.message : String(error)}; trying again`);
      }
      faulty = true;
    }
    await pause(retryMs, signal);
  }
}

/** Seconds; the shortest that blob storage grants. */
const leaseSeconds = 15;
const renewMs = 5000;
const retryMs = 1000;

async function acquire(container: ContainerClient, blob: BlockBlobClient): Promise<BlobLeaseClient | undefined> {
  const lease = blob.getBlobLeaseClient();
  const asked = await ask(lease);
  if (asked === 'missing') {
    await container.createIfNotExists();
    await accept([409, 412], async () => blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }));
  }
  if (asked === 'taken' && !(await breakWhenHolderIsGone(blob))) {
    return undefined;
  }
  if (asked !== 'acquired' && (await ask(lease)) !== 'acquired') {
    return undefined;
  }
  const marked = await accept([409, 412], async () =>
    blob.setMetadata({ holder: String(process.pid) }, { conditions: { leaseId: lease.leaseId } }),
  );
  return marked === undefined ? undefined : lease;
}

async function ask(lease: BlobLeaseClient): Promise<'acquired' | 'taken' | 'missing'> {
  try {
    await lease.acquireLease(leaseSeconds);
    return 'acquired';
  } catch (error) {
    const status = storageStatus(error);
    if (status === 404) {
      return 'missing';
    }
    if (status === 409) {
      return 'taken';
    }
    throw error;
  }
}

async function breakWhenHolderIsGone(blob: BlockBlobClient): Promise<boolean> {
  const { metadata, etag = '' } = await blob.getProperties();
  const holder = Number(metadata?.['holder']);
  if (!Number.isInteger(holder) || holder <= 0 || isRunning(holder)) {
    return false;
  }
  const lease = blob.getBlobLeaseClient();
  return (await accept([409, 412], async () => lease.breakLease(0, { conditions: { ifMatch: etag } }))) !== undefined;
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function hold(
  lease: BlobLeaseClient,
  signal: AbortSignal,
  whileHolding: (lost: AbortSignal) => Promise<void>,
): Promise<void> {
  const loss = new AbortController();
  const ended = new AbortController();
  const renewal = renew(lease, loss, ended.signal);
  try {
    await whileHolding(AbortSignal.any([signal, loss.signal]));
  } finally {
    ended.abort();
    await renewal;
    if (!loss.signal.aborted) {
      await lease.releaseLease();
    }
  }
}

async function renew(lease: BlobLeaseClient, loss: AbortController, ended: AbortSignal): Promise<void> {
  let lastRenewedMs = performance.now();
  while (!ended.aborted && !loss.signal.aborted) {
    await pause(renewMs, ended);
    if (ended.aborted) {
      return;
    }
    const askedMs = performance.now();
    const leftMs = leaseSeconds * 1000 - (askedMs - lastRenewedMs);
    try {
      await lease.renewLease({ abortSignal: AbortSignal.timeout(Math.max(1, Math.min(renewMs, leftMs))) });
      lastRenewedMs = askedMs;
    } catch (error) {
      const taken = storageStatus(error) === 409 || storageStatus(error) === 412;
      if (taken || performance.now() - lastRenewedMs >= leaseSeconds * 1000 - renewMs) {
        loss.abort();
      }
    }
  }
}

/** `undefined` when the storage answers with one of these statuses. */
async function accept<Value>(statuses: readonly number[], call: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await call();
  } catch (error) {
    if (statuses.includes(storageStatus(error) ?? 0)) {
      return undefined;
    }
    throw error;
  }
}

function storageStatus(error: unknown): number | undefined {
  return z.object({ statusCode: z.number() }).safeParse(error).data?.statusCode;
}

/** Ends early when the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
