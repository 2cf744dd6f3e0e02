import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimeSpanMs } from '../../../local/functions-host/parse-time-span.ts';
import { parseHostSettings } from '../../../local/functions-host/read-host-settings.ts';
import { resolveConnection, resolveSettings } from '../../../local/functions-host/resolve-setting.ts';

const read = (value: unknown) => parseHostSettings(JSON.stringify(value), 'host.json');

test('a host.json with nothing but its version has the documented defaults', () => {
  assert.deepEqual(read({ version: '2.0' }), {
    routePrefix: 'api',
    functionTimeoutMs: 30 * 60_000,
    serviceBus: { maxConcurrentCalls: 16, autoCompleteMessages: true, maxAutoLockRenewalMs: 5 * 60_000 },
  });
});

test('what a host.json sets is taken, and logging passed over', () => {
  const settings = read({
    version: '2.0',
    functionTimeout: '00:10:00',
    logging: { logLevel: { default: 'Warning' } },
    extensions: {
      http: { routePrefix: '/v1/' },
      serviceBus: {
        maxConcurrentCalls: 1,
        prefetchCount: 0,
        autoCompleteMessages: false,
        maxAutoLockRenewalDuration: '01:00:00',
      },
    },
  });
  assert.deepEqual(settings, {
    routePrefix: 'v1',
    functionTimeoutMs: 600_000,
    serviceBus: { maxConcurrentCalls: 1, autoCompleteMessages: false, maxAutoLockRenewalMs: 3_600_000 },
  });
});

test('-1 is no timeout and an empty prefix is none', () => {
  const settings = read({ version: '2.0', functionTimeout: '-1', extensions: { http: { routePrefix: '' } } });
  assert.equal(settings.functionTimeoutMs, undefined);
  assert.equal(settings.routePrefix, '');
});

test('what is wrong or not carried is named by its path, all together', () => {
  const wrong = {
    version: '2.0',
    functionTimeout: '5 minutes',
    concurrency: { dynamicConcurrencyEnabled: true },
    extensions: { serviceBus: { prefetchCount: 10, transportType: 'amqpWebSockets' } },
  };
  assert.throws(
    () => read(wrong),
    ({ message }: Error) =>
      /"5 minutes" is not a time span/u.test(message) &&
      /prefetch is not carried[\s\S]*extensions\.serviceBus\.prefetchCount/u.test(message) &&
      /transportType/u.test(message) &&
      /dynamic concurrency is not carried/u.test(message),
  );
  assert.throws(() => parseHostSettings('{', 'host.json'), /host\.json is not JSON/u);
});

test('time spans are those of .NET', () => {
  assert.equal(parseTimeSpanMs('00:00:01'), 1000);
  assert.equal(parseTimeSpanMs('1.02:03:04.5'), ((26 * 60 + 3) * 60 + 4) * 1000 + 500);
  assert.equal(parseTimeSpanMs('24:00:00'), undefined);
  assert.equal(parseTimeSpanMs('60'), undefined);
});

test('settings between percent signs are resolved, a missing one is named', () => {
  assert.equal(resolveSettings('%A%-%B%', { A: 'one', B: 'two' }), 'one-two');
  assert.equal(resolveSettings('plain', {}), 'plain');
  assert.throws(() => resolveSettings('%Missing%', {}), /app setting "Missing"/u);
});

test('a connection is a connection string, or an endpoint used by identity', () => {
  const bus = { name: 'ServiceBus', identitySuffix: 'fullyQualifiedNamespace' };
  assert.deepEqual(resolveConnection(bus, { ServiceBus: 'Endpoint=…' }), {
    kind: 'connection-string',
    value: 'Endpoint=…',
  });
  assert.deepEqual(resolveConnection(bus, { AzureWebJobsServiceBus: 'x' }), { kind: 'connection-string', value: 'x' });
  assert.deepEqual(resolveConnection(bus, { ServiceBus__fullyQualifiedNamespace: 'host' }), {
    kind: 'identity',
    endpoint: 'host',
  });
  assert.throws(() => resolveConnection(bus, {}), /set "ServiceBus" to a connection string, or "ServiceBus__full/u);
});
