import { z } from 'zod';
import type { Terminal } from './command.ts';
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

/** Pages as they come; when one fails, what was done before is told first. */
export async function untilFailed<Page extends { readonly jobs: readonly JobOutcome[] }>(
  pages: AsyncIterable<Page>,
  terminal: Pick<Terminal, 'warn'>,
  onPage: (page: Page) => void,
): Promise<void> {
  const done: JobOutcome[] = [];
  try {
    for await (const page of pages) {
      done.push(...page.jobs);
      onPage(page);
    }
  } catch (error) {
    if (done.length > 0) {
      terminal.warn(`Before a call failed: ${countOutcomes(done)}.`);
    }
    throw error;
  }
}

/** Counts of what became of the jobs, and those that it did not work for, one by one. */
export function describeOutcomes(jobs: readonly JobOutcome[]): string {
  const others = jobs.filter(({ outcome }) => !fine.has(outcome));
  const rows = others.map(({ id, outcome, state, reason, description = '' }) => [
    id,
    outcome,
    reason ?? state ?? '',
    shorten(description, 100),
  ]);
  return [
    jobs.length === 0 ? 'No dead letter is selected.' : countOutcomes(jobs),
    ...(rows.length === 0 ? [] : [table(['job', 'outcome', 'reason', 'description'], rows)]),
  ].join('\n\n');
}

function countOutcomes(jobs: readonly JobOutcome[]): string {
  const counts = Map.groupBy(jobs, ({ outcome }) => outcome);
  return [...counts].map(([outcome, of]) => `${outcome}: ${of.length}`).join(', ');
}
