import type { ModelCall } from '../../local/demo/admin-api.ts';
import type { Finding, RunFacts } from './audit-run.ts';
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
      : auditEnd(entry, document, callsOf.get(entry.job.id) ?? []);
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
  calls: readonly ModelCall[],
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
  const fault = excuseOf(document, calls);
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

/** Ends that faults alone may bring, as the log of calls shows them; undefined when it does, what is wrong otherwise. */
function excuseOf(document: AuditedDocument, calls: readonly ModelCall[]): string | undefined {
  if (document.reason === 'WorkerCrashed') {
    const unfinished = calls.filter(isUnfinished).length;
    return unfinished >= 2 ? undefined : `, and the log shows ${unfinished} unfinished calls of it`;
  }
  if (document.reason === 'RetriesExhausted') {
    const failed = calls.filter(({ code, status }) => status !== 200 || code !== '').length;
    const told = document.attemptCount ?? 0;
    return failed >= 2 && failed >= told ? undefined : `, with ${failed} failed calls in the log and ${told} attempts`;
  }
  return '';
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
