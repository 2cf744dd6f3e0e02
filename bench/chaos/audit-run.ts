import type { ModelCall } from '../../local/demo/admin-api.ts';
import { auditCalls } from './audit-calls.ts';
import { auditDocuments } from './audit-documents.ts';
import { auditMessages } from './audit-messages.ts';
import type { InjectedFault } from './inject-fault.ts';
import type { AuditedDocument, AuditedLane } from './job-documents.ts';
import type { LedgerEntry } from './ledger.ts';
import type { QueueContents } from './queue-contents.ts';
import type { Rewrite } from './watch-ends.ts';

/** All that was seen of a run from outside, when it had drained or its time was up. */
export interface RunFacts {
  readonly entries: readonly LedgerEntry[];
  /** Message ids of what was sent and is no job. */
  readonly strays: readonly string[];
  readonly documents: readonly AuditedDocument[];
  readonly rewrites: readonly Rewrite[];
  readonly queues: QueueContents;
  readonly calls: readonly ModelCall[];
  readonly lanes: readonly AuditedLane[];
  /** How often each job's result was stored, as the processes told. */
  readonly storedResults: ReadonlyMap<string, number>;
  readonly missingResults: readonly string[];
  readonly faults: readonly InjectedFault[];
  /** Answers that no fault excuses. */
  readonly surprises: readonly string[];
  /** Ends of processes that nobody asked for. */
  readonly deaths: readonly string[];
  /** Epoch ms of the audit. */
  readonly now: number;
}

export type FindingKind =
  | 'lost'
  | 'duplicate'
  | 'wrong-end'
  | 'unknown-job'
  | 'result-missing'
  | 'left-in-queue'
  | 'dead-letter'
  | 'lane'
  | 'overpaid'
  | 'not-accepted'
  | 'surprise'
  | 'death';

/** Something that must not be. */
export interface Finding {
  readonly kind: FindingKind;
  readonly jobId?: string | undefined;
  readonly text: string;
}

export interface Audit {
  readonly submitted: number;
  readonly completed: number;
  readonly deadLettered: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly lost: number;
  readonly duplicates: number;
  /** Jobs with more than one call that was answered in full. */
  readonly paidTwice: number;
  readonly paidCalls: number;
  /** Dead letters of jobs that were twice under way when their process died. */
  readonly workerCrashed: number;
  readonly findings: readonly Finding[];
}

/** Holds what was seen against what must be. */
export function auditRun(facts: RunFacts): Audit {
  const accepted = facts.entries.filter(({ acceptedAt }) => acceptedAt !== undefined);
  const byState = (state: string): number => facts.documents.filter((document) => document.state === state).length;
  const calls = auditCalls(facts, accepted.length);
  const findings: readonly Finding[] = [
    ...auditDocuments(facts),
    ...auditMessages(facts),
    ...calls.findings,
    ...auditLanes(facts),
    ...facts.surprises.map((text): Finding => ({ kind: 'surprise', text })),
    ...facts.deaths.map((text): Finding => ({ kind: 'death', text })),
  ];
  const jobsOf = (kind: FindingKind): number =>
    new Set(findings.filter((finding) => finding.kind === kind).map(({ jobId }) => jobId)).size;
  return {
    submitted: accepted.length,
    completed: byState('completed'),
    deadLettered: byState('dead-lettered'),
    cancelled: byState('cancelled'),
    expired: byState('expired'),
    lost: jobsOf('lost'),
    duplicates: jobsOf('duplicate'),
    paidTwice: calls.paidTwice,
    paidCalls: calls.paidCalls,
    workerCrashed: facts.documents.filter(({ reason }) => reason === 'WorkerCrashed').length,
    findings,
  };
}

/** With nothing left to do every lane is idle, or has lapsed. */
function auditLanes({ lanes, now }: RunFacts): readonly Finding[] {
  return lanes
    .filter(({ state, until }) => state !== 'idle' && until > now)
    .map(({ id, state, until }) => ({
      kind: 'lane',
      text: `${id} is ${state} for ${Math.round((until - now) / 1000)} s more, though there is no work.`,
    }));
}
