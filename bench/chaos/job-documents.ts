import { type Container, CosmosClient } from '@azure/cosmos';
import { z } from 'zod';

/** A job's document as it is read from outside, as far as the audit looks at it. */
export type AuditedDocument = z.infer<typeof documentSchema>;

const documentSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  epoch: z.number(),
  reason: z.string().optional(),
  description: z.string().optional(),
  figures: z.record(z.string(), z.unknown()).optional(),
  attemptCount: z.number().optional(),
  endedAt: z.number().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  resultRef: z.string().optional(),
  openCalls: z.array(z.unknown()).optional(),
  _etag: z.string(),
  _ts: z.number(),
});

/** How an ended document stands: it is never written again. */
export type EndedDocument = z.infer<typeof endedSchema>;

const endedSchema = z.object({ id: z.string(), state: z.string(), version: z.string(), changedSeconds: z.number() });

const laneSchema = z.looseObject({ id: z.string(), state: z.string(), until: z.number() });
export type AuditedLane = z.infer<typeof laneSchema>;

export const endStates = ['completed', 'dead-lettered', 'cancelled', 'expired'] as const;

/** The database, read with the real SDK. */
export interface JobDocuments {
  /** Documents of ended jobs that were written at or after an instant, in epoch seconds of the account. */
  readonly endedSince: (seconds: number) => Promise<readonly EndedDocument[]>;
  readonly all: () => Promise<readonly AuditedDocument[]>;
  readonly lanes: () => Promise<readonly AuditedLane[]>;
  readonly close: () => void;
}

export function jobDocuments(environment: Readonly<Record<string, string>>): JobDocuments {
  const { COSMOS_ENDPOINT: endpoint = '', COSMOS_KEY: key = '', COSMOS_DATABASE: id = '' } = environment;
  const client = new CosmosClient({ endpoint, key });
  const database = client.database(id);
  const jobs = database.container('jobs');
  return {
    endedSince: async (seconds) => {
      const query = {
        query: `SELECT c.id, c.state, c._etag AS version, c._ts AS changedSeconds FROM c
          WHERE c._ts >= @seconds AND ARRAY_CONTAINS(@states, c.state)`,
        parameters: [
          { name: '@seconds', value: seconds },
          { name: '@states', value: [...endStates] },
        ],
      };
      return z.array(endedSchema).parse(await fetchAll(jobs, query));
    },
    all: async () => z.array(documentSchema).parse(await fetchAll(jobs, { query: 'SELECT * FROM c', parameters: [] })),
    lanes: async () => {
      const documents = await fetchAll(database.container('control'), { query: 'SELECT * FROM c', parameters: [] });
      return z
        .array(z.looseObject({ id: z.string() }))
        .parse(documents)
        .filter((document) => document.id.startsWith('lane-'))
        .map((document) => laneSchema.parse(document));
    },
    close: () => client.dispose(),
  };
}

async function fetchAll(
  container: Container,
  query: {
    readonly query: string;
    readonly parameters: { readonly name: string; readonly value: string | number | string[] }[];
  },
): Promise<readonly unknown[]> {
  const { resources } = await container.items.query<unknown>(query, { maxItemCount: -1 }).fetchAll();
  return resources;
}
