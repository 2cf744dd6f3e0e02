/** One process of `npm run bench:scale`: simulates each run that it is sent, and ends with whoever started it. */
import { runSchema } from './run-schema.ts';
import { simulate } from './simulate.ts';

// Ctrl-C reaches the whole group of processes: the parent alone decides what it means.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (received: unknown) => {
  simulate(runSchema.parse(received)).then(
    (result) => process.send?.({ kind: 'done', result }),
    (error: unknown) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ kind: 'failed', text });
    },
  );
});
