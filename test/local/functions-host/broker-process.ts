/** `node broker-process.ts DATABASE PORT`: a Service Bus with the queue `work`, until it is killed. */
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';

const { connectionString, port } = await startServiceBus({
  databasePath: process.argv[2] ?? '',
  port: Number(process.argv[3]),
  queues: [{ name: 'work', lockDurationMs: 10_000 }],
  key: 'a2V5LWZvci10ZXN0cw==',
});
process.stdout.write(`${JSON.stringify({ connectionString, port })}\n`);
