import type { Audit, Finding, RunFacts } from './audit-run.ts';

/** Findings that are shown in full; all of them are in the folder of the run. */
const shownFindings = 12;
const shownJobs = 3;

/** The last line of a run. */
export function chaosResult(audit: Audit, facts: RunFacts, seed: number): Readonly<Record<string, unknown>> {
  const { submitted, completed, deadLettered, lost, duplicates, paidTwice } = audit;
  const { cancelled, expired, workerCrashed, paidCalls, findings } = audit;
  return {
    submitted,
    completed,
    deadLettered,
    lost,
    duplicates,
    paidTwice,
    faults: countBy(facts.faults.map(({ kind }) => kind)),
    cancelled,
    expired,
    workerCrashed,
    paidCalls,
    findings: findings.length,
    seed,
  };
}

/** What became of the jobs, for people. */
export function summaryTable(audit: Audit, facts: RunFacts): string {
  const ends = countBy(
    facts.documents.map(({ reason, state }) => (reason === undefined ? state : `${state} ${reason}`)),
  );
  const answers = countBy(facts.calls.map(({ code, status }) => `${status ?? 'unanswered'} ${code}`.trim()));
  const rows: readonly (readonly [string, number])[] = [
    ['jobs submitted', audit.submitted],
    ...Object.entries(ends).map(([end, count]): [string, number] => [`  ${end}`, count]),
    ['lost', audit.lost],
    ['duplicates', audit.duplicates],
    ['messages that were no jobs', facts.strays.length],
    ['calls', facts.calls.length],
    ...Object.entries(answers).map(([answer, count]): [string, number] => [`  ${answer}`, count]),
    ['calls paid', audit.paidCalls],
    ['jobs paid twice', audit.paidTwice],
    ['faults', facts.faults.length],
    ...faultRows(facts),
  ];
  return rows.map(([name, count]) => `${name.padEnd(40)}${String(count).padStart(8)}`).join('\n');
}

/** Each kind, and how many calls, operations or messages met it. */
function faultRows({ faults }: RunFacts): readonly (readonly [string, number])[] {
  return [...Map.groupBy(faults, ({ kind }) => kind)]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, all]) => {
      const met = all.reduce((sum, one) => sum + one.met, 0);
      return [`  ${kind}${met === all.length ? '' : ` (met ${met} times)`}`, all.length];
    });
}

/** What is wrong, with the history of the first jobs concerned. */
export function describeFindings(audit: Audit, facts: RunFacts): string {
  const { findings } = audit;
  const kinds = Object.entries(countBy(findings.map(({ kind }) => kind))).map(([kind, count]) => `${count} × ${kind}`);
  const lines = findings.slice(0, shownFindings).map(describeFinding);
  const rest = findings.length > shownFindings ? [`… and ${findings.length - shownFindings} more.`] : [];
  const jobs = [...new Set(findings.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId])))].slice(0, shownJobs);
  return [`Found: ${kinds.join(', ')}`, ...lines, ...rest, ...jobs.map((id) => historyOf(id, facts))].join('\n');
}

export function describeFinding({ jobId, kind, text }: Finding): string {
  return `  ${kind}${jobId === undefined ? '' : ` ${jobId}`}: ${text}`;
}

/** All that was seen of one job, from outside. */
export function historyOf(jobId: string, facts: RunFacts): string {
  const entry = facts.entries.find(({ job }) => job.id === jobId);
  const document = facts.documents.find(({ id }) => id === jobId);
  const { result: _result, ...shown } = document ?? {};
  const calls = facts.calls
    .filter(({ clientRequestId }) => clientRequestId === jobId)
    .map(({ at, code, region, status }) => `    ${instant(at)} called ${region}: ${status ?? 'unanswered'} ${code}`);
  const dead = facts.queues.dead
    .filter((message) => message.jobId === jobId)
    .map(({ messageId, queue, reason }) => `    dead letter ${messageId} in ${queue}: ${reason}`);
  return [
    `  ${jobId}`,
    ...(entry?.history ?? []).map((line) => `    ${line}`),
    ...calls,
    ...dead,
    `    document: ${document === undefined ? 'none' : JSON.stringify(shown)}`,
  ].join('\n');
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length] as const);
  return Object.fromEntries(counts.toSorted(([left], [right]) => (left < right ? -1 : 1)));
}
