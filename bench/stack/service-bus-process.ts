/** The embedded Service Bus alone in a process. Its ready line has the connection string; SIGTERM stops it. */
import { z } from 'zod';
import { startServiceBus } from '../../local/service-bus/start-service-bus.ts';

const settings = z
  .object({ databasePath: z.string(), queues: z.array(z.object({ name: z.string() })) })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const bus = await startServiceBus({ ...settings, port: 0, key: 'bench-key', log: (line) => console.error(line) });
process.once('SIGTERM', () => {
  void bus.stop().then(() => process.exit(0));
});
console.log(JSON.stringify({ connectionString: bus.connectionString }));
