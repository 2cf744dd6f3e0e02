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
        const query = toQuery(filter);
        const options = {
          maxItemCount: page.size,
          ...(page.after === undefined ? {} : { continuationToken: page.after }),
        };
        const response = await container.items.query<unknown>(query, options).fetchNext();
        const documents = response.resources.map((resource) => jobDocumentSchema.parse(resource));
        return { documents, next: response.hasMoreResults ? response.continuationToken : undefined };
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

function toQuery(filter: JobFilter): { readonly query: string; readonly parameters: SqlParameter[] } {
  const conditions: string[] = [];
  const parameters: SqlParameter[] = [];
  if (filter.batchId !== undefined) {
    conditions.push('c.batchId = @batchId');
    parameters.push({ name: '@batchId', value: filter.batchId });
  }
  if (filter.states !== undefined) {
    conditions.push('ARRAY_CONTAINS(@states, c.state)');
    parameters.push({ name: '@states', value: [...filter.states] });
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return { query: `SELECT * FROM c${where} ORDER BY c.createdAt`, parameters };
}
