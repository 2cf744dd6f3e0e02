import type { Container, SqlParameter } from '@azure/cosmos';
import { z } from 'zod';
import { cosmosDocuments, withCosmosRetries } from '../cosmos-documents.ts';
import { jobDocumentSchema, jobStates } from './job-document.ts';
import type { JobFilter, JobStore } from './job-store.ts';

const countRow = z.object({ state: z.enum(jobStates), jobs: z.number() });

/** Jobs in Cosmos: one document a job, keyed by its id. */
export function cosmosJobStore(container: Container): JobStore {
  return {
    ...cosmosDocuments(container, jobDocumentSchema),
    list: async (filter, page) =>
      withCosmosRetries('Listing jobs', async () => {
        const query = toQuery(filter, page);
        const { resources } = await container.items.query<unknown>(query, { maxItemCount: page.size }).fetchAll();
        const documents = resources.map((resource) => jobDocumentSchema.parse(resource));
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
  };
}

/**
 * Pages by id, which Cosmos always indexes: the SDK gives no continuation token for an ordered query over partitions, and
 * this one stays valid however long the caller keeps it.
 */
function toQuery(
  filter: JobFilter,
  page: { readonly size: number; readonly after?: string | undefined },
): { readonly query: string; readonly parameters: SqlParameter[] } {
  const conditions = ['c.id > @after'];
  const parameters: SqlParameter[] = [{ name: '@after', value: page.after ?? '' }];
  if (filter.batchId !== undefined) {
    conditions.push('c.batchId = @batchId');
    parameters.push({ name: '@batchId', value: filter.batchId });
  }
  if (filter.states !== undefined) {
    conditions.push('ARRAY_CONTAINS(@states, c.state)');
    parameters.push({ name: '@states', value: [...filter.states] });
  }
  const top = Math.max(1, Math.floor(page.size));
  return { query: `SELECT TOP ${top} * FROM c WHERE ${conditions.join(' AND ')} ORDER BY c.id`, parameters };
}
