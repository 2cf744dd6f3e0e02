/** The embedded Cosmos DB alone in a process. Its ready line has the connection string; SIGTERM stops it. */
import { z } from 'zod';
import { startCosmos } from '../../local/cosmos/start-cosmos.ts';

const settings = z.object({ databasePath: z.string() }).parse(JSON.parse(process.argv[2] ?? '{}'));

const cosmos = await startCosmos({
  port: 0,
  databasePath: settings.databasePath,
  key: Buffer.from('the key of the benchmark'.padEnd(64, '.')).toString('base64'),
  databases: [
    {
      id: 'bench',
      containers: [
        { id: 'items', partitionKeyPath: '/id' },
        { id: 'many', partitionKeyPath: '/id' },
      ],
    },
  ],
  log: (line) => console.error(line),
});
process.once('SIGTERM', () => {
  void cosmos.stop().then(() => process.exit(0));
});
console.log(JSON.stringify({ connectionString: cosmos.connectionString }));
