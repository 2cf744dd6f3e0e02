/**
 * Puts one job on the queue "jobs", with nothing of Sluice.
 *
 *   npm install @azure/service-bus @azure/identity
 *   SERVICE_BUS_NAMESPACE=example.servicebus.windows.net node send-job.ts
 *
 * The identity needs the role "Azure Service Bus Data Sender" on the queue.
 */
import { DefaultAzureCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';

const job = `{
  "id": "hello-typescript-1",
  "request": {
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": { "model": "gpt-4o-mini", "max_tokens": 50, "messages": [{ "role": "user", "content": "Say hello." }] }
  }
}`;

const namespace = process.env['SERVICE_BUS_NAMESPACE'] ?? 'example.servicebus.windows.net';
const client = new ServiceBusClient(namespace, new DefaultAzureCredential());
try {
  const message = { messageId: 'hello-typescript-1', contentType: 'application/json', body: Buffer.from(job) };
  await client.createSender('jobs').sendMessages(message);
} finally {
  await client.close();
}
