import { bucketStoreContract } from '../contracts/bucket-store-contract.ts';
import { jobStoreContract } from '../contracts/job-store-contract.ts';
import { memoryBucketStore } from './memory-bucket-store.ts';
import { memoryJobStore } from './memory-job-store.ts';

jobStoreContract('jobs in memory', async () => memoryJobStore());

bucketStoreContract('buckets in memory', async () => memoryBucketStore());
