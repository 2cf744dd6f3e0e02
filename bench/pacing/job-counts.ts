import { CosmosClient } from '@azure/cosmos';
import type { StackProcess } from '../../local/start-processes.ts';

/** Jobs by their documents. */
export interface JobCounts {
  readonly completed: () => Promise<number>;
  readonly ended: () => Promise<number>;
  readonly close: () => void;
}

export function jobCounts({ environment }: StackProcess): JobCounts {
  const { COSMOS_ENDPOINT: endpoint = '', COSMOS_KEY: key = '', COSMOS_DATABASE: id = '' } = environment;
  const client = new CosmosClient({ endpoint, key });
  const countIn = async (states: readonly string[]): Promise<number> => {
    const items = client.database(id).container('jobs').items;
    const counts = states.map(async (value) => {
      const query = {
        query: 'SELECT VALUE COUNT(1) FROM c WHERE c.state = @state',
        parameters: [{ name: '@state', value }],
      };
      const { resources } = await items.query<number>(query).fetchAll();
      return resources[0] ?? 0;
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  return {
    completed: async () => countIn(['completed']),
    ended: async () => countIn(['completed', 'dead-lettered', 'expired', 'cancelled']),
    close: () => client.dispose(),
  };
}
