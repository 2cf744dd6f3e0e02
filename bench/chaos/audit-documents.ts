import { z } from 'zod';
import type { ModelCall } from '../../local/demo/admin-api.ts';
import type { Finding, RunFacts } from './audit-run.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { InjectedFault } from './inject-fault.ts';
import { type AuditedDocument, endStates } from './job-documents.ts';
import type { LedgerEntry } from './ledger.ts';

const ended: ReadonlySet<string> = new Set(endStates);

/** Every accepted job has a document in one of its right ends, and was brought there once. */
export function auditDocuments(facts: RunFacts): readonly Finding[] {
  const documents = new Map(facts.documents.map((document) => [document.id, document]));
  const callsOf = Map.groupBy(facts.calls, ({ clientRequestId }) => clientRequestId);
  const known = new Set(facts.entries.map(({ job }) => job.id));
  const ofJobs = facts.entries.flatMap((entry): readonly Finding[] => {
    const document = documents.get(entry.job.id);
    return entry.acceptedAt === undefined
      ? [{ kind: 'not-accepted', jobId: entry.job.id, text: 'No submit of it was ever accepted.' }]
      : auditEnd(entry, document, { calls: callsOf.get(entry.job.id) ?? [], faults: facts.faults });
  });
  const unknown = facts.documents
    .filter(({ id }) => !known.has(id))
    .map(({ id, state }): Finding => ({
      kind: 'unknown-job',
      jobId: id,
      text: `Nobody submitted it; it is ${state}.`,
    }));
  return [...ofJobs, ...unknown, ...auditOnce(facts)];
}

function auditEnd(
  { job, cancelled }: LedgerEntry,
  document: AuditedDocument | undefined,
  seen: Seen,
): readonly Finding[] {
  const jobId = job.id;
  if (document === undefined) {
    return [{ kind: 'lost', jobId, text: 'It was accepted, and has no document.' }];
  }
  if (!ended.has(document.state)) {
    return [{ kind: 'lost', jobId, text: `It was accepted, and is still ${document.state}.` }];
  }
  if (cancelled === 'cancelled' && document.state !== 'cancelled') {
    return [{ kind: 'wrong-end', jobId, text: `Its cancellation was confirmed, and it is ${document.state}.` }];
  }
  const end = endOf(document);
  if (job.ends.some((right) => right === end)) {
    return document.state === 'completed' && document.result === undefined && document.resultRef === undefined
      ? [{ kind: 'result-missing', jobId, text: 'It is completed without a result.' }]
      : [];
  }
  const fault = excuseOf(document, seen);
  return fault === undefined
    ? []
    : [{ kind: 'wrong-end', jobId, text: `It ended ${end}, not ${job.ends.join(' or ')}${fault}.` }];
}

/** A state, or the reason of a dead letter. */
function endOf({ reason, state }: AuditedDocument): string {
  return state === 'dead-lettered' || state === 'expired' ? (reason ?? 'without a reason') : state;
}

/** Calls that a process may have begun and not brought to an end: unanswered, left by the caller, or answered too late. */
function isUnfinished({ status, code }: ModelCall): boolean {
  return status === null || status === 499 || (status === 200 && code === '');
}

/** What the stack logged of a job's calls, and the faults of the run. */
interface Seen {
  readonly calls: readonly ModelCall[];
  readonly faults: readonly InjectedFault[];
}

/** Ends that faults alone may bring, as the log of calls shows them; undefined when it does, what is wrong otherwise. */
function excuseOf(document: AuditedDocument, seen: Seen): string | undefined {
  if (document.reason === 'WorkerCrashed') {
    const unfinished = seen.calls.filter(isUnfinished).length;
    const killed = endedBeforeCall(document, seen);
    return unfinished + killed >= 2
      ? undefined
      : `, and the log shows ${unfinished} unfinished calls of it, and ${killed} ends of processes between a mark and its call`;
  }
  if (document.reason === 'RetriesExhausted') {
    const failed = seen.calls.filter(({ code, status }) => status !== 200 || code !== '').length;
    const told = document.attemptCount ?? 0;
    return failed >= 2 && failed >= told ? undefined : `, with ${failed} failed calls in the log and ${told} attempts`;
  }
  return '';
}

/** A process was ended so soon after it had stored the mark of a call that the call may not have arrived, in ms. */
const onItsWayMs = 1000;
/** The account's time, by which marks are dated, and that of the stack's log differ by less, in ms. */
const clockMs = 250;

const endsOfProcesses: ReadonlySet<FaultKind> = new Set(['kill-app', 'stop-app', 'skew-clock']);
const faultsOfMarks: ReadonlySet<FaultKind> = new Set([
  'cosmos-429',
  'cosmos-449',
  'cosmos-5xx',
  'cosmos-reset-after',
  'cosmos-reset-before',
  'cosmos-slow',
  'cosmos-units',
  'restart-cosmos',
  'kill-stack',
]);

/**
 * Marks whose calls were never seen, because the process that had stored them was killed before it came to the call. While
 * the database is slow or away that takes longer, and a process that is told to stop cannot take its mark back either.
 */
function endedBeforeCall({ figures }: AuditedDocument, { calls, faults }: Seen): number {
  const marks = z.array(z.number()).safeParse(figures?.['startedAt']).data ?? [];
  const isUncalled = (mark: number, untilMs: number): boolean =>
    !calls.some(({ at }) => at >= mark - clockMs && at <= untilMs + clockMs);
  return marks.filter((mark) =>
    faults.some((end) => {
      const trouble = faults.filter(({ fromMs, toMs, kind }) => {
        return faultsOfMarks.has(kind) && fromMs <= mark + onItsWayMs && toMs >= mark - clockMs;
      });
      const untilMs = Math.max(mark, ...trouble.map(({ toMs }) => toMs)) + onItsWayMs;
      const isNear = end.fromMs >= mark - clockMs && end.fromMs <= untilMs + clockMs;
      const mayLeaveIt = end.kind === 'kill-app' || (endsOfProcesses.has(end.kind) && trouble.length > 0);
      return mayLeaveIt && isNear && isUncalled(mark, untilMs);
    }),
  ).length;
}

function auditOnce(facts: RunFacts): readonly Finding[] {
  const rewritten = facts.rewrites.map(({ after, before }): Finding => {
    const text = `Its document was written again after its end: ${before.state}, then ${after.state}.`;
    return { kind: 'duplicate', jobId: after.id, text };
  });
  const storedTwice = [...facts.storedResults].flatMap(([jobId, times]): readonly Finding[] =>
    times > 1 ? [{ kind: 'duplicate', jobId, text: `Processes told ${times} times that its result was stored.` }] : [],
  );
  const missing = facts.missingResults.map((jobId): Finding => {
    return { kind: 'result-missing', jobId, text: 'Its document names a stored result that is not there.' };
  });
  return [...rewritten, ...storedTwice, ...missing];
}
