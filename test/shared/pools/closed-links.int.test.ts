import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceBusClient } from '@azure/service-bus';
import { startServiceBus } from '../../../local/service-bus/start-service-bus.ts';
import { serviceBusJobQueue } from '../../../shared/pools/service-bus-job-queue.ts';

test('what came by a link that was closed and opened anew is settled all the same, by its lock', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-links-'));
  const bus = await startServiceBus({
    port: 0,
    databasePath: join(folder, 'bus.sqlite'),
    queues: [{ name: 'jobs', lockDurationMs: 60_000 }],
    key: 'a2V5',
  });
  const queue = serviceBusJobQueue(new ServiceBusClient(bus.connectionString));
  context.after(async () => {
    await queue.close();
    await bus.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const names = ['done', 'dead', 'back'];
  await queue.send(
    'jobs',
    names.map((name) => ({ messageId: name, text: '{}', epoch: 0, traceparent: undefined })),
  );
  const held = await queue.receive('jobs', names.length, 5000);
  assert.equal(held.length, names.length);
  const error = { condition: 'amqp:link:detach-forced', description: 'dropped' };
  assert.equal(
    bus.dropLinks(({ role }) => role === 'receiver', error),
    1,
  );
  await queue.send('jobs', [{ messageId: 'next', text: '{}', epoch: 0, traceparent: undefined }]);
  let isOpenAgain = false;
  while (!isOpenAgain) {
    isOpenAgain = (await queue.receive('jobs', 1, 1000).catch(() => [])).length > 0;
  }

  const [done, dead, back] = held;
  assert.equal(await done?.complete(), 'settled');
  assert.equal(
    await dead?.deadLetter({ reason: 'InvalidJob', description: 'why', figures: { jobId: 'dead' } }),
    'settled',
  );
  assert.equal(await back?.abandon(), 'settled');

  const [letter] = await queue.peekDeadLetters('jobs', { most: 10 });
  assert.partialDeepStrictEqual(letter, { messageId: 'dead', reason: 'InvalidJob', properties: { jobId: 'dead' } });
  const again = await queue.receive('jobs', 10, 1000);
  assert.deepEqual(
    again.map(({ messageId }) => messageId),
    ['back'],
  );
});
