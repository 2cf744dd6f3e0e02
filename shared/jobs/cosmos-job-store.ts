import type { Container, ItemDefinition, SqlParameter } from '@azure/cosmos';
import { z } from 'zod';
import { cosmosDocuments, toStored, withCosmosRetries } from '../cosmos-documents.ts';
import { deadLetterReasons } from './dead-letter-reason.ts';
import { type JobDocument, jobDocumentSchema, jobStates } from './job-document.ts';
import type { JobFilter, JobStore } from './job-store.ts';

const reasonRow = z.object({ reason: z.enum(deadLetterReasons), jobs: z.number() });
const countRow = z.object({ state: z.enum(jobStates), jobs: z.number() });

/** Jobs in Cosmos: one document a job, keyed by its id. */
export function cosmosJobStore(container: Container): JobStore {
  return {
    ...cosmosDocuments(container, jobDocumentSchema),
    list: async (filter, page) =>
      withCosmosRetries('Listing jobs', async () => {
        const query = toQuery(filter, page);
        const { resources } = await container.items
          .query<ItemDefinition>(query, { maxItemCount: page.size })
          .fetchAll();
        const documents = resources.map((resource) => readDocument(container.id, resource));
        return { documents, next: documents.length === page.size ? documents.at(-1)?.id : undefined };
      }),
    countByState: async (batchId) =>
      withCosmosRetries(`Counting batch ${batchId}`, async () => {
        const query = {
          query: 'SELECT c.state AS state, COUNT(1) AS jobs FROM c WHERE c.batchId = @batchId GROUP BY c.state',
          parameters: [{ name: '@batchId', value: batchId }],
        };
        const { resources } = await container.items.query<unknown>(query).fetchAll();
        const rows = resources.map((row) => countRow.parse(row));
        return Object.fromEntries(rows.map((row) => [row.state, row.jobs]));
      }),
    countByReason: async (filter) =>
      withCosmosRetries('Counting jobs by reason', async () => {
        const { conditions, parameters } = toConditions(filter);
        // A tombstone has no reason. Without more conditions than these the index alone answers.
        const where = ['IS_DEFINED(c.reason)', ...conditions].join(' AND ');
        const query = `SELECT c.reason AS reason, COUNT(1) AS jobs FROM c WHERE ${where} GROUP BY c.reason`;
        const { resources } = await container.items.query<unknown>({ query, parameters }).fetchAll();
        const rows = resources.map((row) => reasonRow.parse(row));
        return Object.fromEntries(rows.map((row) => [row.reason, row.jobs]));
      }),
  };
}

function readDocument(container: string, resource: ItemDefinition): JobDocument {
  return toStored(jobDocumentSchema, resource, `${container}/${String(resource.id)}`).document;
}

/**
 * Pages by id, which Cosmos always indexes: the SDK gives no continuation token for an ordered query over partitions, and
 * this one stays valid however long the caller keeps it.
 */
function toQuery(
  filter: JobFilter,
  page: { readonly size: number; readonly after?: string | undefined },
): { readonly query: string; readonly parameters: SqlParameter[] } {
  const { conditions, parameters } = toConditions(filter);
  const shown = filter.isErasing === true ? [] : ['NOT IS_DEFINED(c.erasedAt)'];
  const top = Math.max(1, Math.floor(page.size));
  return {
    query: `SELECT TOP ${top} * FROM c WHERE ${['c.id > @after', ...conditions, ...shown].join(' AND ')} ORDER BY c.id`,
    parameters: [{ name: '@after', value: page.after ?? '' }, ...parameters],
  };
}

function toConditions(filter: JobFilter): { readonly conditions: string[]; readonly parameters: SqlParameter[] } {
  const { states, endedBefore, replayDueBefore } = filter;
  const conditions = filter.isErasing === true ? ["c.state = 'cancelled' AND c.isErasing = true"] : [];
  const parameters: SqlParameter[] = [];
  const add = (condition: string, name: string, value: SqlParameter['value'] | undefined): void => {
    if (value !== undefined) {
      conditions.push(condition);
      parameters.push({ name, value });
    }
  };
  add('ARRAY_CONTAINS(@states, c.state)', '@states', states === undefined ? undefined : [...states]);
  for (const field of ['batchId', 'reason', 'tenant', 'pool'] as const) {
    add(`c.${field} = @${field}`, `@${field}`, filter[field]);
  }
  add('c.endedAt < @endedBefore', '@endedBefore', endedBefore);
  add("c.state = 'parked' AND IS_DEFINED(c.replays) AND c.dueAt < @due", '@due', replayDueBefore);
  return { conditions, parameters };
}
