import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { startChild } from '../../local/child-process.ts';
import { startStack } from '../../local/start-stack.ts';
import { freePorts, stackLayout } from '../../local/stack-layout.ts';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

const readySchema = z.object({
  functions: z.array(z.object({ name: z.string(), trigger: z.string(), route: z.string().optional() })),
});

test('the built bundle registers every function, with its trigger and its route', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-registration-'));
  const stack = await startStack(stackLayout({ folder, ports: freePorts }));
  context.after(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const args = [join(root, 'local/functions-host/main.ts'), '--root', root, '--port', '0'];
  const app = await startChild({ name: 'The app', args, cwd: root, environment: stack.environment });
  try {
    const { functions } = readySchema.parse(app.ready);
    assert.deepEqual(
      functions.map(({ name, trigger, route }) => `${name} ${trigger} ${route ?? ''}`.trim()).toSorted(),
      [
        'cancel-batch httpTrigger /api/batches/{batchId}',
        'cancel-job httpTrigger /api/jobs/{id}',
        'health httpTrigger /api/health',
        'list-dead-letters httpTrigger /api/dead-letters',
        'list-jobs httpTrigger /api/jobs',
        'list-pools httpTrigger /api/pools',
        'pause-pool httpTrigger /api/pools/{pool}/pause',
        'pause-pools httpTrigger /api/pools/pause',
        'pump serviceBusTrigger',
        'purge-dead-letters httpTrigger /api/dead-letters/purge',
        'read-batch httpTrigger /api/batches/{batchId}',
        'read-batch-results httpTrigger /api/batches/{batchId}/results',
        'read-job httpTrigger /api/jobs/{id}',
        'replay-dead-letters httpTrigger /api/dead-letters/replay',
        'resume-pool httpTrigger /api/pools/{pool}/resume',
        'resume-pools httpTrigger /api/pools/resume',
        'submit-jobs httpTrigger /api/jobs',
        'sweep timerTrigger',
        'wake timerTrigger',
      ],
    );
  } finally {
    await app.stop();
  }
});
