import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { stackForTest } from './stack-for-test.ts';

const { admin, faults, request } = await stackForTest();
const problem = z.object({
  status: z.number(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string() })),
});
const help = z.object({ routes: z.array(z.object({ route: z.string(), about: z.string() })) });

describe('the admin endpoint of the stack', () => {
  test('lists what it takes, and takes every GET that it lists', async () => {
    const { routes } = help.parse(await admin('GET', ''));
    assert.ok(routes.length > 25);
    for (const { route } of routes.filter((one) => one.route.startsWith('GET /admin/'))) {
      await admin('GET', route.slice('GET /admin/'.length).replace('{region}', 'eastus'));
    }
  });

  test('ends the faults of all parts at once, and keeps them on the list', async () => {
    await admin('POST', 'cosmos/faults', { status: 503 });
    await admin('POST', 'service-bus/faults', { operation: 'send', refusal: 'server-busy' });
    await admin('POST', 'azure-openai/faults', { row: '500' });
    await admin('PUT', 'cosmos/throughput/jobs', { requestUnitsPerSecond: 1 });
    await admin('DELETE', 'faults');
    for (const part of ['cosmos', 'service-bus', 'azure-openai']) {
      assert.deepEqual(
        (await faults(part)).faults.map(({ isActive }) => isActive),
        [false],
        part,
      );
    }
    const limits = z
      .record(z.string(), z.looseObject({ requestUnitsPerSecond: z.number().nullable() }))
      .parse(await admin('GET', 'cosmos/throughput'));
    assert.equal(limits['jobs']?.requestUnitsPerSecond, null);
  });

  const wrong: readonly (readonly [string, string, unknown, number, string | undefined])[] = [
    ['POST', 'cosmos/faults', { status: 412 }, 400, 'status'],
    ['POST', 'cosmos/faults', {}, 400, ''],
    ['POST', 'cosmos/faults', { status: 503, reset: 'after' }, 400, 'reset'],
    ['POST', 'cosmos/faults', { status: 503, operations: ['reed'] }, 400, 'operations.0'],
    ['POST', 'cosmos/faults', { status: 503, container: 'none' }, 404, undefined],
    ['PUT', 'cosmos/throughput/jobs', { requestUnitsPerSecond: 0 }, 400, 'requestUnitsPerSecond'],
    ['PUT', 'cosmos/throughput/none', { requestUnitsPerSecond: 1 }, 404, undefined],
    ['DELETE', 'cosmos/faults/none', undefined, 404, undefined],
    ['POST', 'service-bus/faults', { refusal: 'queue-full' }, 400, 'operation'],
    ['POST', 'service-bus/faults', { operation: 'send', queue: 'none', delayMs: 1 }, 404, undefined],
    ['POST', 'service-bus/drop-links', { role: 'both' }, 400, 'role'],
    ['POST', 'service-bus/queues/jobs/lapse-locks', { share: 2 }, 400, 'share'],
    ['POST', 'service-bus/queues/none/lapse-locks', {}, 404, undefined],
    ['POST', 'azure-openai/faults', { row: 'none' }, 400, 'row'],
    ['POST', 'azure-openai/faults', { count: 1 }, 400, 'status'],
    ['POST', 'azure-openai/faults', { row: '500', region: 'none' }, 404, undefined],
    ['POST', 'azure-openai/faults', { row: '500', deployment: 'none' }, 404, undefined],
    ['POST', 'parts/none/restart', {}, 404, undefined],
    ['POST', 'parts/blob/restart', { downMs: -1 }, 400, 'downMs'],
    ['POST', 'parts/blob', {}, 404, undefined],
  ];
  for (const [method, path, body, status, errorPath] of wrong) {
    test(`refuses ${method} ${path} ${JSON.stringify(body)}`, async () => {
      const response = await request(method, path, body);
      const answer = problem.parse(await response.json());
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.deepEqual([response.status, answer.status], [status, status]);
      assert.equal(answer.errors[0]?.path, errorPath);
    });
  }
});
