import { cosmosJobStore } from '../../../shared/jobs/cosmos-job-store.ts';
import { jobStoreContract } from '../../contracts/job-store-contract.ts';
import { openCosmos } from '../../local/cosmos/open-cosmos.ts';

jobStoreContract('jobs in Cosmos', async (context) => {
  const { items } = await openCosmos(context, [{ id: 'jobs', partitionKeyPath: '/id', defaultTtlSeconds: -1 }]);
  return cosmosJobStore(items);
});
