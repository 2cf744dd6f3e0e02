import fc from 'fast-check';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../../shared/config/read-config.ts';
import { settingSchema } from '../../../shared/config/setting-schema.ts';
import { AppError } from '../../../shared/errors.ts';

const deployment = { name: 'mini', model: 'gpt-4o-mini', tokensPerMinute: 1000 };
const region = { name: 'east', endpoint: 'https://east.example', deployments: [deployment] };
const good = {
  REGIONS: JSON.stringify([region]),
  COSMOS_ENDPOINT: 'https://cosmos.example',
  ServiceBus__fullyQualifiedNamespace: 'bus.example',
  PAYLOADS_BLOB_SERVICE_URI: 'https://blobs.example',
};

function problemsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'config.invalid');
    return error.message.split('\n').flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []));
  }
}

function withRegions(...regions: readonly unknown[]): Record<string, string> {
  return { ...good, REGIONS: JSON.stringify(regions) };
}

function withDeployments(...deployments: readonly object[]): Record<string, string> {
  return withRegions({ ...region, deployments: deployments.map((one) => ({ ...deployment, ...one })) });
}

test('the fewest settings make a whole configuration', () => {
  const config = readConfig(good);

  assert.deepEqual(config.serviceBus, { namespace: 'bus.example' });
  assert.deepEqual(config.payloads, { container: 'sluice-payloads', url: 'https://blobs.example' });
  assert.partialDeepStrictEqual(config, {
    lanes: 8,
    leastLanes: 1,
    pump: { pullWindowMs: 240_000, pullAheadMs: 2000, idleMs: 5000, maxJobsInHand: 400 },
    callTimeoutMs: 270_000,
    parkMs: 10_000,
    resultTtlSeconds: undefined,
    pools: undefined,
  });
  assert.partialDeepStrictEqual(config.regions, [
    { apiVersion: '2024-10-21', path: 'classic', deployments: [{ requestWindowSeconds: 10, defaultMaxTokens: 640 }] },
  ]);
});

test('an empty setting counts as absent', () => {
  const empty = Object.fromEntries(Object.keys(settingSchema.shape).map((name) => [name, '']));

  assert.deepEqual(readConfig({ ...empty, ...good }), readConfig(good));
});

test('every problem is told at once, by the setting and the path', () => {
  assert.deepEqual(
    problemsOf({
      REGIONS: JSON.stringify([
        { ...region, endpoint: 'ftp://x', colour: 'red', deployments: [{ ...deployment, tokensPerMinute: 0 }] },
      ]),
      COSMOS_ENDPOINT: undefined,
      LANES: 'many',
      IDLE_SECONDS: '0',
      POOLS: '[{',
    }).map((problem) => problem.split(':')[0]),
    [
      'REGIONS[0].endpoint',
      'REGIONS[0].deployments[0].tokensPerMinute',
      'REGIONS[0]',
      'POOLS',
      'COSMOS_ENDPOINT',
      'LANES',
      'IDLE_SECONDS',
      'ServiceBus__fullyQualifiedNamespace',
      'PAYLOADS_BLOB_SERVICE_URI',
    ],
  );
});

test('what is absent is required, and what is there and wrong is not called absent', () => {
  assert.deepEqual(problemsOf({ ...good, COSMOS_ENDPOINT: undefined }), ['COSMOS_ENDPOINT: is required']);
  for (const wrong of [{ LANES: 'many' }, { REGIONS: '{}' }, { REGIONS: '[]' }, { REGIONS: 'nonsense' }]) {
    const problems = problemsOf({ ...good, ...wrong });
    assert.equal(problems.length, 1);
    assert.doesNotMatch(problems[0] ?? '', /is required/u);
  }
});

test('no value is ever told: it may be a secret', () => {
  const names = Object.keys(settingSchema.shape);
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/u);
  fc.assert(
    fc.property(fc.constantFrom(...names), secret, fc.constantFrom('plain', 'json', 'deep'), (name, value, form) => {
      const deep = JSON.stringify([{ ...region, apiKey: { value }, path: value, deployments: [{ model: [value] }] }]);
      const text = { plain: value, json: JSON.stringify(value), deep }[form];
      const problems = problemsOf({ ...good, [name]: text }).join('\n');
      assert.ok(!problems.includes(value), problems);
    }),
    { numRuns: 500 },
  );
});

test('seconds become milliseconds, days become seconds', () => {
  const config = readConfig({ ...good, PULL_WINDOW_SECONDS: '1.5', PARK_SECONDS: '0.25', RESULT_TTL_DAYS: '2' });

  assert.equal(config.pump.pullWindowMs, 1500);
  assert.equal(config.parkMs, 250);
  assert.equal(config.resultTtlSeconds, 172_800);
});

test('a connection string goes before identity, and a blob service before the host storage', () => {
  const config = readConfig({
    ...good,
    ServiceBus: 'Endpoint=sb://x',
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  });
  assert.deepEqual(config.serviceBus, { connectionString: 'Endpoint=sb://x' });
  assert.partialDeepStrictEqual(config.payloads, { url: 'https://blobs.example' });

  const { PAYLOADS_BLOB_SERVICE_URI: _uri, ...without } = good;
  const local = readConfig({ ...without, AzureWebJobsStorage: 'UseDevelopmentStorage=true' });
  assert.partialDeepStrictEqual(local.payloads, { connectionString: 'UseDevelopmentStorage=true' });
});

test('two regions of one name, and two deployments of one name in a region, are refused', () => {
  assert.deepEqual(problemsOf(withRegions(region, region)), ['REGIONS[1].name: is used by another region already']);
  assert.deepEqual(problemsOf(withDeployments({}, { model: 'gpt-4o' })), [
    'REGIONS[0].deployments: two deployments have one name',
  ]);
});

test('a pool of a model or a region that is not there is refused', () => {
  const pools = (...list: readonly unknown[]) => problemsOf({ ...good, POOLS: JSON.stringify(list) });

  assert.deepEqual(pools({ name: 'a', model: 'gpt-4o' }), ['POOLS[0].model: no region in REGIONS deploys it']);
  assert.deepEqual(pools({ name: 'a', model: 'gpt-4o-mini', regions: ['east', 'mars'] }), [
    "POOLS[0].regions[1]: no region of that name deploys the pool's model in REGIONS",
  ]);
  assert.deepEqual(pools({ name: 'a', model: 'gpt-4o-mini' }, { name: 'A', model: 'gpt-4o-mini' }), [
    'POOLS[1].name: is used by another pool already',
  ]);
  assert.deepEqual(pools({ name: 'a', model: 'gpt-4o-mini', regions: ['east'] }), []);
});

test('names that would share a queue, or name none, are refused', () => {
  assert.deepEqual(problemsOf(withDeployments({ name: 'one', model: 'm' }, { name: 'two', model: 'm-high' })), [
    'REGIONS[0].deployments[1].model: its queue would be the "-high" queue of another pool',
  ]);
  assert.deepEqual(problemsOf(withDeployments({ name: 'one', model: 'm' }, { name: 'two', model: 'my model' })), [
    'REGIONS[0].deployments[1].model: cannot name a queue; give the model a pool in POOLS',
  ]);
  assert.deepEqual(problemsOf(withDeployments({ model: 'my model' })), [], 'alone, its queue is "jobs"');
});

test('deployments that share a quota must say the same of it', () => {
  const shared = { limitGroup: 'g' };
  assert.deepEqual(problemsOf(withDeployments({ name: 'one', ...shared }, { name: 'two', ...shared })), []);
  assert.deepEqual(
    problemsOf(withDeployments({ name: 'one', ...shared }, { name: 'two', ...shared, tokensPerMinute: 2000 })),
    ['REGIONS[0].deployments[1].limitGroup: its deployments have different quotas'],
  );
  assert.deepEqual(problemsOf(withDeployments({ name: 'one' }, { name: 'two', tokensPerMinute: 2000 })), []);
});
