import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { JobDocument } from '../../../shared/jobs/job-document.ts';
import { messageIdOf } from '../../../shared/jobs/job-id.ts';
import { claimDelivery } from '../../../shared/pipeline/claim-delivery.ts';
import type { ReceivedMessage } from '../../../shared/pools/job-queue.ts';
import type { Pool } from '../../../shared/pools/pool.ts';
import { memoryDocumentStore } from '../../fakes/memory-document-store.ts';

const pool: Pool = { name: 'm', model: 'm', queue: 'jobs', highQueue: 'jobs-high', order: 'earliest', deployments: [] };
const envelope = { request: { method: 'POST', url: '/v1/embeddings', body: { model: 'm', input: 'x' } } } as const;
const job = { id: 'a', envelope, digest: 'd'.repeat(64), requestRef: undefined };
const ownId = messageIdOf({ id: 'a', epoch: 0, digest: job.digest }, (text) =>
  createHash('sha256').update(text).digest('hex'),
);

function message(changes: Partial<ReceivedMessage>): ReceivedMessage {
  const settle = async () => 'settled' as const;
  return {
    messageId: 'sent-by-another-service',
    body: undefined,
    epoch: 0,
    batchId: undefined,
    traceparent: undefined,
    sequenceNumber: '1',
    deliveryCount: 0,
    enqueuedAt: 0,
    lockLost: new AbortController().signal,
    leave: () => undefined,
    complete: settle,
    deadLetter: settle,
    abandon: settle,
    ...changes,
  };
}

/** A store that keeps the names of the calls made to it. */
function watchedStore() {
  const store = memoryDocumentStore<JobDocument>();
  const calls: string[] = [];
  return {
    calls,
    jobs: {
      read: async (id: string) => {
        calls.push('read');
        return store.read(id);
      },
      create: async (document: JobDocument) => {
        calls.push('create');
        return store.create(document);
      },
      replace: async (document: JobDocument, version: string) => {
        calls.push('replace');
        return store.replace(document, version);
      },
    },
  };
}

function depsOf(jobs: ReturnType<typeof watchedStore>['jobs']) {
  return { jobs, clock: { now: () => 5, sleep: async () => undefined } };
}

test('the first delivery of a message from another service is claimed in one call', async () => {
  const { jobs, calls } = watchedStore();

  const claimed = await claimDelivery(depsOf(jobs), {
    pool,
    job,
    message: message({}),
    owner: 'first',
  });

  assert.equal(claimed.kind, 'claimed');
  assert.deepEqual(calls, ['create']);
});

test('a message of our own, or one that was delivered before, is looked up first', async () => {
  for (const changes of [{ messageId: ownId }, { deliveryCount: 1 }, { epoch: 1 }]) {
    const { jobs, calls } = watchedStore();

    await claimDelivery(depsOf(jobs), { pool, job, message: message(changes), owner: 'first' });

    assert.deepEqual(calls, ['read', 'create']);
  }
});

test('a second message of another service with the same job is not run when it meets the first one’s document', async () => {
  const { jobs, calls } = watchedStore();
  const deps = depsOf(jobs);
  await claimDelivery(deps, { pool, job, message: message({}), owner: 'first' });

  const second = await claimDelivery(deps, {
    pool,
    job,
    message: message({ sequenceNumber: '2' }),
    owner: 'second',
  });

  assert.equal(second.kind === 'not-claimed' ? second.decision.kind : second.kind, 'complete');
  assert.deepEqual(calls, ['create', 'create', 'read']);
});
