import type { ModelCall } from '../../local/demo/admin-api.ts';
import type { Finding, RunFacts } from './audit-run.ts';
import { faultKinds } from './fault-kinds.ts';
import type { InjectedFault } from './inject-fault.ts';

/** What a fault breaks may show this much later: locks lapse, and only then is a call made again. In ms. */
const lateMs = 2000;

interface CallsAudit {
  readonly paidCalls: number;
  readonly paidTwice: number;
  readonly findings: readonly Finding[];
}

/**
 * Paid is what the service answered in full. A second paid call of a job is right only when a fault may have lost the
 * answer to the first before it was stored; and all together are no more than the jobs and the faults.
 */
export function auditCalls({ calls, faults }: Pick<RunFacts, 'calls' | 'faults'>, jobs: number): CallsAudit {
  const paid = calls.filter(({ code, status }) => status === 200 && code === '');
  const repeated = [...Map.groupBy(paid, ({ clientRequestId }) => clientRequestId)].filter(
    ([, { length }]) => length > 1,
  );
  const unexplained = repeated.flatMap(([jobId, ofJob]) => explain(jobId, ofJob, faults));
  const most = jobs + faults.length;
  const tooMany: readonly Finding[] =
    paid.length > most
      ? [{ kind: 'overpaid', text: `${paid.length} calls were paid, for ${jobs} jobs and ${faults.length} faults.` }]
      : [];
  return { paidCalls: paid.length, paidTwice: repeated.length, findings: [...unexplained, ...tooMany] };
}

function explain(jobId: string, paid: readonly ModelCall[], faults: readonly InjectedFault[]): readonly Finding[] {
  const inOrder = paid.toSorted((left, right) => left.at - right.at);
  return inOrder.slice(1).flatMap((call, index): readonly Finding[] => {
    const before = inOrder[index];
    const isExcused =
      before !== undefined &&
      faults.some(
        ({ fromMs, kind, toMs }) => faultKinds[kind].mayPayTwice && fromMs <= call.at && toMs + lateMs >= before.at,
      );
    const text = `It was called, and paid, again ${call.at - (before?.at ?? 0)} ms later, and no fault was near that could have lost the first answer.`;
    return isExcused ? [] : [{ kind: 'overpaid', jobId, text }];
  });
}
