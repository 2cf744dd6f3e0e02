import { app } from '@azure/functions';

/** Bodies are streams both ways: a call of 16 MB, or the results of a batch, is never in memory whole. */
app.setup({ enableHttpStream: true });
