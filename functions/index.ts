/** The only bundle entry: importing a file registers its functions. */
import './setup.ts';
import './submit-jobs.ts';
import './read-jobs.ts';
import './batches.ts';
import './cancel-job.ts';
import './dead-letters.ts';
import './pools.ts';
import './health.ts';
import './wake.ts';
import './sweep.ts';
import './pump.ts';
