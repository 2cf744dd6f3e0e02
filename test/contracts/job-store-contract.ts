import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { JobDocument } from '../../shared/jobs/job-document.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import { documentStoreContract } from './document-store-contract.ts';

/** What every job store does. */
export function jobStoreContract(name: string, open: (context: TestContext) => Promise<JobStore>): void {
  documentStoreContract(name, { open, make: (id, mark) => jobDocument({ id, createdAt: mark }) });

  const filled = async (context: TestContext): Promise<JobStore> => {
    const store = await open(context);
    const states = ['queued', 'running', 'parked', 'completed', 'completed', 'cancelled'] as const;
    for (const [index, state] of states.entries()) {
      await store.create(jobDocument({ id: `b-${index}`, state, batchId: 'b' }));
    }
    await store.create(jobDocument({ id: 'b-9', state: 'queued' }));
    await store.create(jobDocument({ id: 'a-1', state: 'completed', batchId: 'other' }));
    return store;
  };

  test(`${name}: lists jobs in the order of their ids`, async (context) => {
    const page = await (await filled(context)).list({}, { size: 100 });

    assert.deepEqual(
      page.documents.map(({ id }) => id),
      ['a-1', 'b-0', 'b-1', 'b-2', 'b-3', 'b-4', 'b-5', 'b-9'],
    );
    assert.equal(page.next, undefined);
  });

  test(`${name}: lists every job once, page by page`, async (context) => {
    const store = await filled(context);
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.list({}, { size: 3, after });
      assert.ok(page.documents.length <= 3);
      ids.push(...page.documents.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);

    assert.deepEqual(ids, ['a-1', 'b-0', 'b-1', 'b-2', 'b-3', 'b-4', 'b-5', 'b-9']);
  });

  test(`${name}: lists the jobs of a batch, of some states, or both`, async (context) => {
    const store = await filled(context);
    const idsOf = async (filter: Parameters<JobStore['list']>[0]): Promise<readonly string[]> => {
      const page = await store.list(filter, { size: 100 });
      return page.documents.map(({ id }) => id);
    };

    assert.deepEqual(await idsOf({ batchId: 'other' }), ['a-1']);
    assert.deepEqual(await idsOf({ states: ['queued', 'parked'] }), ['b-0', 'b-2', 'b-9']);
    assert.deepEqual(await idsOf({ batchId: 'b', states: ['completed'] }), ['b-3', 'b-4']);
    assert.deepEqual(await idsOf({ batchId: 'none' }), []);
  });

  test(`${name}: lists and counts jobs by how they ended`, async (context) => {
    const store = await open(context);
    const state = 'dead-lettered';
    const ended: readonly Partial<JobDocument>[] = [
      { id: 'd-1', state, reason: 'InvalidRequest', tenant: 't', endedAt: 10 },
      { id: 'd-2', state, reason: 'InvalidRequest', pool: 'q', endedAt: 20 },
      { id: 'd-3', state: 'expired', reason: 'Expired', batchId: 'b', endedAt: 30 },
      { id: 'd-4', state: 'completed', endedAt: 40 },
      { id: 'd-5', state: 'parked', dueAt: 5, replays: [{ at: 5, state, reason: 'Expired' }] },
      { id: 'd-6', state: 'parked', dueAt: 5 },
    ];
    for (const changes of ended) {
      await store.create(jobDocument(changes));
    }
    const idsOf = async (filter: Parameters<JobStore['list']>[0]): Promise<readonly string[]> => {
      const page = await store.list(filter, { size: 100 });
      return page.documents.map(({ id }) => id);
    };
    const states = ['dead-lettered', 'expired'] as const;

    assert.deepEqual(await idsOf({ states, reason: 'InvalidRequest' }), ['d-1', 'd-2']);
    assert.deepEqual(await idsOf({ states, tenant: 't' }), ['d-1']);
    assert.deepEqual(await idsOf({ states, pool: 'q' }), ['d-2']);
    assert.deepEqual(await idsOf({ states, endedBefore: 20 }), ['d-1']);
    assert.deepEqual(await idsOf({ replayDueBefore: 6 }), ['d-5']);
    assert.deepEqual(await idsOf({ replayDueBefore: 5 }), []);
    assert.deepEqual(await store.countByReason({ states }), { InvalidRequest: 2, Expired: 1 });
    assert.deepEqual(await store.countByReason({ states, batchId: 'b' }), { Expired: 1 });
    assert.deepEqual(await store.countByReason({ states, tenant: 'none' }), {});
  });

  test(`${name}: shows no tombstone of an erased job, but where it is asked for what is still being erased`, async (context) => {
    const store = await open(context);
    await store.create(jobDocument({ id: 'e-1', state: 'cancelled', erasedAt: 5, isErasing: true }));
    await store.create(jobDocument({ id: 'e-2', state: 'cancelled', erasedAt: 5 }));
    await store.create(jobDocument({ id: 'e-3', state: 'cancelled' }));
    const idsOf = async (filter: Parameters<JobStore['list']>[0]): Promise<readonly string[]> => {
      const page = await store.list(filter, { size: 100 });
      return page.documents.map(({ id }) => id);
    };

    assert.deepEqual(await idsOf({}), ['e-3']);
    assert.deepEqual(await idsOf({ states: ['cancelled'] }), ['e-3']);
    assert.deepEqual(await idsOf({ isErasing: true }), ['e-1']);
  });

  test(`${name}: counts a batch by state, and leaves out states without a job`, async (context) => {
    const store = await filled(context);

    assert.deepEqual(await store.countByState('b'), { queued: 1, running: 1, parked: 1, completed: 2, cancelled: 1 });
    assert.deepEqual(await store.countByState('none'), {});
  });
}

function jobDocument(changes: Partial<JobDocument>): JobDocument {
  return {
    id: 'a',
    v: 1,
    state: 'queued',
    pool: 'p',
    model: 'm',
    digest: 'd',
    createdAt: 0,
    epoch: 0,
    claim: { epoch: 0, sequenceNumber: '9007199254740993', deliveryCount: 1, attempt: 1, owner: 'o' },
    result: { text: 'Grüße 😀', nested: [{ a: null }] },
    ...changes,
  };
}
