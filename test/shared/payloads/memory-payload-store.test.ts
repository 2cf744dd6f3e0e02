import { payloadStoreContract } from '../../contracts/payload-store-contract.ts';
import { memoryPayloadStore } from '../../fakes/memory-payload-store.ts';

payloadStoreContract('memory', async () => ({ store: memoryPayloadStore(), close: async () => undefined }));
