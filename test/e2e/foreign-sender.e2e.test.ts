import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { z } from 'zod';
import { senderSamples } from '../docs/sender-samples.ts';
import { runApp, type RunningApp, until } from './running-app.ts';

/** What another service knows: a queue's name, and the JSON of the contract. */
const queue = 'jobs';

const jobSchema = z.object({
  status: z.string(),
  result: z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) }).optional(),
});

let app: RunningApp;
let client: ServiceBusClient;

before(async () => {
  app = await runApp({ latency: 'instant' });
  client = new ServiceBusClient(app.stack().environment['ServiceBus'] ?? '');
});

after(async () => {
  await client.close();
  await app.end();
});

async function send(text: string, messageId: string): Promise<void> {
  const sender = client.createSender(queue);
  await sender.sendMessages({ body: Buffer.from(text, 'utf8'), messageId });
  await sender.close();
}

async function endOf(id: string): Promise<z.infer<typeof jobSchema>> {
  return until(`job ${id} has ended`, app, async () => {
    const response = await fetch(`${app.url()}/api/jobs/${id}`);
    const job = response.ok ? jobSchema.parse(await response.json()) : undefined;
    return job === undefined || ['queued', 'running', 'parked'].includes(job.status) ? undefined : job;
  });
}

for (const { file, text } of senderSamples()) {
  test(`the job that samples/senders/${file} puts on the queue ends with a result`, async () => {
    const { id } = z.object({ id: z.string() }).parse(JSON.parse(text));

    await send(text, id);

    const job = await endOf(id);
    assert.equal(job.status, 'completed');
    assert.ok((job.result?.choices[0]?.message.content ?? '').length > 0);
  });
}

test('a job without an id has the id of its message', async () => {
  const body = { model: 'gpt-4o', max_tokens: 20, messages: [{ role: 'user', content: 'Say hello.' }] };

  await send(JSON.stringify({ request: { method: 'POST', url: '/v1/chat/completions', body } }), 'order-17:line-3');

  assert.equal((await endOf('order-17:line-3')).status, 'completed');
});

test('a message that is no job is dead-lettered with the path of each problem, and has no document', async () => {
  await send('{"id":"broken-1","request":{"method":"GET","url":"/v1/chat/completions","body":{}}}', 'broken-1');

  const receiver = client.createReceiver(queue, { subQueueType: 'deadLetter' });
  const dead = await until('the message is dead-lettered', app, async () => (await receiver.peekMessages(1)).at(0));

  await receiver.close();
  assert.equal(dead.deadLetterReason, 'InvalidJob');
  assert.match(dead.deadLetterErrorDescription ?? '', /request\.method: /u);
  assert.match(dead.deadLetterErrorDescription ?? '', /request\.body\.model: must name the model/u);
  assert.equal((await fetch(`${app.url()}/api/jobs/broken-1`)).status, 404);
});
