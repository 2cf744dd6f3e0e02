import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditRun, type Audit, type RunFacts } from '../../../bench/chaos/audit-run.ts';
import type { AuditedDocument } from '../../../bench/chaos/job-documents.ts';
import type { LedgerEntry } from '../../../bench/chaos/ledger.ts';
import type { JobEnd } from '../../../bench/chaos/planned-job.ts';
import type { DeadMessage } from '../../../bench/chaos/queue-contents.ts';
import type { ModelCall } from '../../../local/demo/admin-api.ts';

function entry(id: string, changes: Partial<LedgerEntry> = {}, ends: readonly JobEnd[] = ['completed']): LedgerEntry {
  const job = { id, text: '', model: 'gpt-4o', submits: [], cancelAtMs: undefined, ends };
  return { job, acceptedAt: 1, cancelled: undefined, history: [], ...changes };
}

function document(id: string, changes: Partial<AuditedDocument> = {}): AuditedDocument {
  return { id, state: 'completed', epoch: 0, result: {}, _etag: 'a', _ts: 1, ...changes };
}

function deadLettered(id: string, reason: string): AuditedDocument {
  return document(id, { state: 'dead-lettered', reason });
}

function dead(jobId: string, reason: string, queue = 'jobs-gpt-4o'): DeadMessage {
  return { queue, messageId: `${jobId}~0~abc`, jobId, reason, description: '' };
}

function call(jobId: string, at: number, changes: Partial<ModelCall> = {}): ModelCall {
  const where = { region: 'eastus', deployment: 'gpt-4o', clientRequestId: jobId };
  const counts = { cost: 1, isAdmitted: true, promptTokens: 1, completionTokens: 1 };
  return { at, ...where, status: 200, code: '', ...counts, ...changes };
}

const nothing: RunFacts = {
  entries: [],
  strays: [],
  documents: [],
  rewrites: [],
  queues: { left: [], dead: [] },
  calls: [],
  lanes: [],
  storedResults: new Map(),
  missingResults: [],
  faults: [],
  surprises: [],
  deaths: [],
  now: 100_000,
};

function audit(facts: Partial<RunFacts>): Audit {
  return auditRun({ ...nothing, ...facts });
}

function kinds(facts: Partial<RunFacts>): readonly string[] {
  return audit(facts).findings.map(({ kind, jobId }) => (jobId === undefined ? kind : `${kind} ${jobId}`));
}

test('a run in which every job ended as it should, once, has no findings, and its jobs add up', () => {
  const facts = {
    entries: [
      entry('a'),
      entry('b', {}, ['ContentFiltered']),
      entry('c', { cancelled: 'cancelled' }, ['completed', 'cancelled']),
      entry('d', {}, ['completed', 'Expired']),
    ],
    documents: [
      document('a'),
      deadLettered('b', 'ContentFiltered'),
      document('c', { state: 'cancelled' }),
      document('d', { state: 'expired', reason: 'Expired' }),
    ],
    strays: ['stray-1'],
    queues: {
      left: [],
      dead: [
        dead('b', 'ContentFiltered'),
        dead('d', 'Expired'),
        { queue: 'jobs', messageId: 'stray-1', jobId: undefined, reason: 'InvalidJob', description: '' },
      ],
    },
    calls: [call('a', 1), call('b', 1, { status: 400, code: 'content_filter' })],
    lanes: [{ id: 'lane-0', state: 'idle', until: 0 }],
  };

  const { findings, ...counts } = audit(facts);

  assert.deepEqual(findings, []);
  assert.deepEqual(counts, {
    submitted: 4,
    completed: 1,
    deadLettered: 1,
    cancelled: 1,
    expired: 1,
    lost: 0,
    duplicates: 0,
    paidTwice: 0,
    paidCalls: 1,
    workerCrashed: 0,
  });
});

test('an accepted job without a document, or without an end, is lost', () => {
  const facts = { entries: [entry('a'), entry('b')], documents: [document('b', { state: 'parked' })] };

  assert.deepEqual(kinds(facts), ['lost a', 'lost b']);
  assert.equal(audit(facts).lost, 2);
});

test('an ended document that is written again, and a result that is stored twice, are duplicates', () => {
  const before = { id: 'a', state: 'completed', version: '1', changedSeconds: 1 };
  const facts = {
    entries: [entry('a'), entry('b')],
    documents: [document('a'), document('b')],
    rewrites: [{ before, after: { ...before, version: '2' } }],
    storedResults: new Map([
      ['a', 1],
      ['b', 2],
    ]),
  };

  assert.deepEqual(kinds(facts), ['duplicate a', 'duplicate b']);
});

test('an end that is not the job’s own is wrong, and so is one after a confirmed cancellation', () => {
  const facts = {
    entries: [entry('a', {}, ['ContentFiltered']), entry('b', { cancelled: 'cancelled' }, ['completed', 'cancelled'])],
    documents: [document('a'), document('b')],
  };

  assert.deepEqual(kinds(facts), ['wrong-end a', 'wrong-end b']);
});

test('a completed job without a result, or whose stored result is not there, is found', () => {
  const stored = document('b', { resultRef: 'results/b~1.json', result: undefined });
  const facts = {
    entries: [entry('a'), entry('b')],
    documents: [document('a', { result: undefined }), stored],
    missingResults: ['b'],
  };

  assert.deepEqual(kinds(facts), ['result-missing a', 'result-missing b']);
});

test('WorkerCrashed and RetriesExhausted are right only when the log of calls shows why', () => {
  const unfinished = [call('a', 1, { status: 499 }), call('a', 2, { status: null }), call('b', 1, { status: 499 })];
  const failed = [call('c', 1, { status: 500, code: 'x' }), call('c', 2, { status: 503, code: 'x' })];
  const documents = [
    deadLettered('a', 'WorkerCrashed'),
    deadLettered('b', 'WorkerCrashed'),
    { ...deadLettered('c', 'RetriesExhausted'), attemptCount: 2 },
    { ...deadLettered('d', 'RetriesExhausted'), attemptCount: 5 },
  ];
  const facts = {
    entries: ['a', 'b', 'c', 'd'].map((id) => entry(id)),
    documents,
    queues: { left: [], dead: documents.map(({ id, reason = '' }) => dead(id, reason)) },
    calls: [...unfinished, ...failed],
  };

  assert.deepEqual(kinds(facts), ['wrong-end b', 'wrong-end d']);
  assert.equal(audit(facts).workerCrashed, 2);
});

test('a mark whose call was never seen counts as one only when a process was killed right after it', () => {
  const kill = { kind: 'kill-app', fromMs: 50_100, toMs: 53_000, met: 1 } as const;
  const crashed = (id: string, ...startedAt: number[]): AuditedDocument => ({
    ...deadLettered(id, 'WorkerCrashed'),
    figures: { lostCalls: 2, startedAt },
  });
  const documents = [
    crashed('a', 20_000, 50_000),
    crashed('b', 20_000, 40_000),
    // The call that the kill broke off is in the log: it does not count twice.
    crashed('c', 50_000, 60_000),
    // The database was away when the process had to stop: it could not take its mark back.
    crashed('d', 20_000, 69_000),
    // It answered: the stop is no excuse.
    crashed('e', 20_000, 80_000),
  ];
  const facts = {
    entries: documents.map(({ id }) => entry(id)),
    documents,
    queues: { left: [], dead: documents.map(({ id, reason = '' }) => dead(id, reason)) },
    calls: [...['a', 'b', 'd', 'e'].map((id) => call(id, 20_010, { status: 499 })), call('c', 50_010, { status: 499 })],
    faults: [
      kill,
      { kind: 'cosmos-5xx', fromMs: 68_900, toMs: 75_000, met: 9 },
      { kind: 'stop-app', fromMs: 70_000, toMs: 72_000, met: 1 },
      { kind: 'stop-app', fromMs: 80_500, toMs: 82_000, met: 1 },
    ] as const,
  };

  assert.deepEqual(kinds(facts), ['wrong-end b', 'wrong-end c', 'wrong-end e']);
});

test('dead letters and documents match one to one, with equal reasons', () => {
  const facts = {
    entries: ['a', 'b', 'c', 'd'].map((id) => entry(id, {}, ['completed', 'UnknownModel'])),
    documents: [
      deadLettered('a', 'UnknownModel'),
      deadLettered('b', 'UnknownModel'),
      deadLettered('c', 'UnknownModel'),
      document('d'),
    ],
    queues: {
      left: [],
      dead: [dead('b', 'InvalidJob'), dead('c', 'UnknownModel'), dead('c', 'UnknownModel'), dead('d', 'UnknownModel')],
    },
  };

  assert.deepEqual(kinds(facts), ['dead-letter a', 'dead-letter b', 'dead-letter c', 'dead-letter d']);
});

test('a message that is no job and was not dead-lettered, and one that lies in a queue, are found', () => {
  const left = { queue: 'jobs', messageId: 'a~0~abc', state: 'active', deliveryCount: 1 };
  const facts = { strays: ['stray-1'], queues: { left: [left], dead: [] } };

  assert.deepEqual(kinds(facts), ['left-in-queue a', 'dead-letter stray-1']);
});

test('a job that is paid twice needs a fault that may have lost its first answer', () => {
  const twice = [call('a', 1000), call('a', 9000)];
  const kill = { kind: 'kill-app', fromMs: 2000, toMs: 3000, met: 1 } as const;
  const refused = { ...kill, kind: 'model-5xx' } as const;
  const jobs = { entries: [entry('a'), entry('b')], documents: [document('a'), document('b')], calls: twice };

  assert.deepEqual(kinds({ ...jobs, faults: [kill] }), []);
  assert.deepEqual(kinds({ ...jobs, faults: [refused] }), ['overpaid a']);
  assert.deepEqual(kinds({ ...jobs, faults: [{ ...kill, fromMs: 10_000, toMs: 11_000 }] }), ['overpaid a']);
  assert.equal(audit(jobs).paidTwice, 1);
});

test('more calls paid than there are jobs and faults are too many', () => {
  const kill = { kind: 'kill-app', fromMs: 0, toMs: 9000, met: 1 } as const;
  const calls = [call('a', 1000), call('a', 2000), call('a', 3000)];

  assert.deepEqual(kinds({ entries: [entry('a')], documents: [document('a')], calls, faults: [kill] }), ['overpaid']);
});

test('a lane that is armed or running with nothing to do is found, one that has lapsed is not', () => {
  const lanes = [
    { id: 'lane-0', state: 'armed', until: 200_000 },
    { id: 'lane-1', state: 'running', until: 99_000 },
  ];

  assert.deepEqual(kinds({ lanes }), ['lane']);
});

test('answers that no fault excuses, and processes that died by themselves, are found', () => {
  assert.deepEqual(kinds({ surprises: ['500'], deaths: ['app-0'] }), ['surprise', 'death']);
});
