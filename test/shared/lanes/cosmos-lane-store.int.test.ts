import { cosmosLaneStore } from '../../../shared/lanes/cosmos-lane-store.ts';
import type { Lane } from '../../../shared/lanes/lane.ts';
import { documentStoreContract } from '../../contracts/document-store-contract.ts';
import { openCosmos } from '../../local/cosmos/open-cosmos.ts';

documentStoreContract<Lane>('lanes in Cosmos', {
  open: async (context) => cosmosLaneStore((await openCosmos(context)).items),
  make: (id, generation) => ({ id, v: 1, state: 'armed', generation, until: 1_800_000_120_000 }),
});
