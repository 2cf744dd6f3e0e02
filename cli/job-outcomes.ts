import { z } from 'zod';
import { shorten, table } from './table.ts';

export const jobOutcomeSchema = z.looseObject({
  id: z.string(),
  outcome: z.string(),
  state: z.string().optional(),
  reason: z.string().optional(),
  description: z.string().optional(),
});

type JobOutcome = z.infer<typeof jobOutcomeSchema>;

const fine: ReadonlySet<string> = new Set(['replayed', 'would-replay', 'purged', 'would-purge']);

/** Counts of what became of the jobs, and those that it did not work for, one by one. */
export function describeOutcomes(jobs: readonly JobOutcome[]): string {
  const counts = Map.groupBy(jobs, ({ outcome }) => outcome);
  const others = jobs.filter(({ outcome }) => !fine.has(outcome));
  const rows = others.map(({ id, outcome, state, reason, description = '' }) => [
    id,
    outcome,
    reason ?? state ?? '',
    shorten(description, 100),
  ]);
  return [
    jobs.length === 0
      ? 'No dead letter is selected.'
      : [...counts].map(([outcome, of]) => `${outcome}: ${of.length}`).join(', '),
    ...(rows.length === 0 ? [] : [table(['job', 'outcome', 'reason', 'description'], rows)]),
  ].join('\n\n');
}
