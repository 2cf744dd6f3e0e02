import { textOf, isSet, numberOf, UsageError, type Call, type Values } from './command.ts';

/** Dead letters that one call of the app takes. */
export const mostAtOnce = 500;

export const filterOptions = {
  reason: { type: 'string' },
  batch: { type: 'string' },
  tenant: { type: 'string' },
  pool: { type: 'string' },
} as const;

export const selectionOptions = {
  ...filterOptions,
  before: { type: 'string' },
  all: { type: 'boolean' },
  limit: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const;

export const filterHelp = `  --reason REASON     those that ended for it: InvalidJob, ContextLengthExceeded, ContentFiltered,
                      InvalidRequest, RetriesExhausted, QuotaTooSmall, CostCapExceeded, BudgetExceeded,
                      Expired, UnknownModel, WorkerCrashed
  --batch ID          those of a batch
  --tenant ID         those of a tenant
  --pool NAME         those of a pool`;

export const selectionHelp = `Which ones: their ids, or a filter, or everything:
${filterHelp}
  --before TIME       those that ended before it (ISO 8601 with a zone: 2026-01-31T08:00:00Z)
  --all               all of them
  --limit N           no more than N
  --dry-run           says what would be done, and changes nothing`;

/** What the command line selects, as the app takes it, without its pages. */
export interface SelectionBody {
  readonly ids?: readonly string[];
  readonly reason?: string;
  readonly batchId?: string;
  readonly tenant?: string;
  readonly pool?: string;
  readonly before?: string;
  readonly all?: true;
}

export function filterOf(values: Values): SelectionBody {
  const [reason, batchId, tenant, pool] = ['reason', 'batch', 'tenant', 'pool'].map((name) => textOf(values, name));
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(batchId === undefined ? {} : { batchId }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(pool === undefined ? {} : { pool }),
  };
}

/** @throws UsageError when it selects nothing, or in two ways */
export function selectionOf({ values, words }: Pick<Call, 'values' | 'words'>): SelectionBody {
  const before = textOf(values, 'before');
  const filter = {
    ...filterOf(values),
    ...(before === undefined ? {} : { before }),
    ...(isSet(values, 'all') ? { all: true as const } : {}),
  };
  const hasFilter = Object.keys(filter).length > 0;
  if (words.length > 0 && hasFilter) {
    throw new UsageError('Name ids or a filter, not both.');
  }
  if (words.length === 0 && !hasFilter) {
    throw new UsageError('Name ids, a filter, or --all.');
  }
  return words.length > 0 ? { ids: words } : filter;
}

export function limitOf(values: Values): number {
  const limit = numberOf(values, 'limit') ?? Number.POSITIVE_INFINITY;
  if (limit < 1) {
    throw new UsageError('--limit takes a number from 1.');
  }
  return limit;
}

/** One page of an answer. */
export interface Page {
  readonly jobs: readonly unknown[];
  /** Of a purge: messages that no job stands for; they count as well. */
  readonly messages?: readonly unknown[];
  readonly more: boolean;
  readonly next: string | null;
}

/** Calls the app page by page until everything that is selected, or as much as the limit, was answered. */
export async function* inPages<Answer extends Page>(
  selection: SelectionBody,
  limit: number,
  call: (body: SelectionBody & { readonly limit: number; readonly after?: string }) => Promise<Answer>,
): AsyncGenerator<Answer, void> {
  if (selection.ids !== undefined) {
    const ids = selection.ids.slice(0, limit);
    for (let from = 0; from < ids.length; from += mostAtOnce) {
      yield await call({ ids: ids.slice(from, from + mostAtOnce), limit: mostAtOnce });
    }
    return;
  }
  let left = limit;
  let after: string | null = null;
  do {
    const answer: Answer = await call({
      ...selection,
      limit: Math.min(left, mostAtOnce),
      ...(after === null ? {} : { after }),
    });
    left -= answer.jobs.length + (answer.messages?.length ?? 0);
    after = answer.next;
    yield answer;
  } while (after !== null && left > 0);
}
