/** `node broker-process.ts DATABASE PORT LOCK_MS`: a Service Bus with queues, until it is killed. */
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';

const { connectionString, port } = await startServiceBus({
  databasePath: process.argv[2] ?? '',
  port: Number(process.argv[3]),
  queues: [
    { name: 'work', lockDurationMs: Number(process.argv[4]) },
    { name: 'sessions', lockDurationMs: Number(process.argv[4]), requiresSession: true },
  ],
  key: 'a2V5LWZvci10ZXN0cw==',
});
process.stdout.write(`${JSON.stringify({ connectionString, port })}\n`);
