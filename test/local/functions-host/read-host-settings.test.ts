import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTimeSpanMs } from '../../../local/functions-host/timers/parse-time-span.ts';
import { parseHostSettings } from '../../../local/functions-host/settings/read-host-settings.ts';
import { parseLocalSettings } from '../../../local/functions-host/settings/read-local-settings.ts';
import { resolveConnection, resolveSettings } from '../../../local/functions-host/settings/resolve-setting.ts';

const parse = (value: unknown, environment: Record<string, string> = {}) =>
  parseHostSettings({ text: JSON.stringify(value), path: 'host.json', environment });
const read = (value: unknown, environment: Record<string, string> = {}) => parse(value, environment).settings;

function problemOf(value: unknown): string {
  try {
    parse(value);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

const usualServiceBus = {
  maxConcurrentCalls: 16,
  autoCompleteMessages: true,
  maxAutoLockRenewalMs: 5 * 60_000,
  maxMessageBatchSize: 1000,
  maxConcurrentSessions: 8,
  sessionIdleMs: 60_000,
};

test('a host.json with nothing but its version has the documented defaults', () => {
  assert.deepEqual(read({ version: '2.0' }), {
    routePrefix: 'api',
    functionTimeoutMs: 30 * 60_000,
    functions: undefined,
    http: { customHeaders: {}, maxConcurrentRequests: undefined, maxOutstandingRequests: undefined },
    serviceBus: usualServiceBus,
  });
});

test('what a host.json sets is taken, and logging passed over', () => {
  const { settings, unknown } = parse({
    version: '2.0',
    functionTimeout: '00:10:00',
    logging: { logLevel: { default: 'Warning' } },
    functions: ['one'],
    extensions: {
      http: { routePrefix: '/v1/', customHeaders: { 'x-frame-options': 'DENY' }, maxOutstandingRequests: 20 },
      serviceBus: {
        maxConcurrentCalls: 1,
        prefetchCount: 0,
        autoCompleteMessages: false,
        maxAutoLockRenewalDuration: '01:00:00',
        maxMessageBatchSize: 50,
        maxConcurrentSessions: 2,
        sessionIdleTimeout: '00:00:05',
      },
    },
  });
  assert.deepEqual(settings, {
    routePrefix: 'v1',
    functionTimeoutMs: 600_000,
    functions: ['one'],
    http: {
      customHeaders: { 'x-frame-options': 'DENY' },
      maxConcurrentRequests: undefined,
      maxOutstandingRequests: 20,
    },
    serviceBus: {
      maxConcurrentCalls: 1,
      autoCompleteMessages: false,
      maxAutoLockRenewalMs: 3_600_000,
      maxMessageBatchSize: 50,
      maxConcurrentSessions: 2,
      sessionIdleMs: 5000,
    },
  });
  assert.deepEqual(unknown, []);
});

test('-1 is no timeout and an empty prefix is none', () => {
  const settings = read({ version: '2.0', functionTimeout: '-1', extensions: { http: { routePrefix: '' } } });
  assert.equal(settings.functionTimeoutMs, undefined);
  assert.equal(settings.routePrefix, '');
});

test('numbers and booleans may be text, as the configuration of the host takes them', () => {
  const { serviceBus } = read({
    version: '2.0',
    extensions: { serviceBus: { maxConcurrentCalls: '4', autoCompleteMessages: 'False', prefetchCount: '0' } },
  });
  assert.equal(serviceBus.maxConcurrentCalls, 4);
  assert.equal(serviceBus.autoCompleteMessages, false);
});

test('what nobody reads is told by its path, and is no error, as in the real host', () => {
  const { unknown, settings } = parse({
    version: '2.0',
    functionTimeouts: '00:00:01',
    extensions: { serviceBus: { maxConcurentCalls: 1 }, http: {}, mine: {} },
  });
  assert.deepEqual(unknown, ['functionTimeouts', 'extensions.serviceBus.maxConcurentCalls', 'extensions.mine']);
  assert.deepEqual(settings.serviceBus, usualServiceBus);
});

test('a wrong type or a value out of its range is refused by its path', () => {
  for (const [value, path] of [
    [{ functionTimeout: 5 }, 'functionTimeout'],
    [{ functionTimeout: '00:00:00' }, 'functionTimeout'],
    [{ version: '3.0' }, 'version'],
    [{ extensions: { serviceBus: { maxConcurrentCalls: 0 } } }, String.raw`extensions\.serviceBus\.maxConcurrentCalls`],
    [{ extensions: { serviceBus: { maxConcurrentCalls: 1.5 } } }, String.raw`extensions\.serviceBus\.maxConcurrent`],
    [{ extensions: { serviceBus: { autoCompleteMessages: 'often' } } }, String.raw`serviceBus\.autoCompleteMessages`],
    [{ extensions: { http: { routePrefix: 7 } } }, String.raw`extensions\.http\.routePrefix`],
    [{ extensions: { http: { maxConcurrentRequests: 0 } } }, String.raw`http\.maxConcurrentRequests`],
    [{ functions: 'all' }, 'functions'],
  ] as const) {
    assert.match(
      problemOf({ version: '2.0', ...value }),
      new RegExp(`at (?:\\w+\\.)*${path}`, 'u'),
      JSON.stringify(value),
    );
  }
});

test('what is wrong or not carried is named by its path, all together', () => {
  const wrong = {
    version: '2.0',
    functionTimeout: '5 minutes',
    concurrency: { dynamicConcurrencyEnabled: true },
    retry: { strategy: 'fixedDelay' },
    extensions: { serviceBus: { prefetchCount: 10, transportType: 'amqpWebSockets' } },
  };
  const problem = problemOf(wrong);
  assert.match(problem, /"5 minutes" is not a time span/u);
  assert.match(problem, /prefetch is not carried[\s\S]*extensions\.serviceBus\.prefetchCount/u);
  assert.match(problem, /only amqpTcp is carried/u);
  assert.match(problem, /dynamic concurrency is not carried/u);
  assert.match(problem, /retry policies are not carried/u);
  assert.throws(() => parseHostSettings({ text: '{', path: 'host.json', environment: {} }), /host\.json is not JSON/u);
});

test('settings named AzureFunctionsJobHost__ go over the file, whatever their case', () => {
  const settings = read(
    { version: '2.0', extensions: { http: { routePrefix: 'v1' } } },
    {
      AzureFunctionsJobHost__extensions__http__routePrefix: 'v2',
      azurefunctionsjobhost__Extensions__ServiceBus__MaxConcurrentCalls: '3',
      AzureFunctionsJobHost__functionTimeout: '00:01:00',
    },
  );
  assert.equal(settings.routePrefix, 'v2');
  assert.equal(settings.functionTimeoutMs, 60_000);
  assert.equal(settings.serviceBus.maxConcurrentCalls, 3);
  assert.equal(read({ version: '2.0', FunctionTimeout: '00:00:07' }).functionTimeoutMs, 7000);
});

test('local settings give what the environment does not, and are refused by path', () => {
  const local = (value: unknown, environment: Record<string, string> = {}) =>
    parseLocalSettings({ text: JSON.stringify(value), path: 'local.settings.json', environment });

  assert.deepEqual(local({ IsEncrypted: false, Values: { A: '1', B: '2' }, Host: { LocalHttpPort: 1 } }, { A: 'x' }), {
    B: '2',
  });
  assert.throws(() => local({ Values: { Lanes: 4 } }), /settings are text: put it into quotes[\s\S]*Values\.Lanes/u);
  assert.throws(() => local({ IsEncrypted: true, Values: {} }), /encrypted settings are not carried/u);
  assert.throws(() => local({ Host: { CORS: '*' } }), /CORS is not carried/u);
  assert.throws(
    () => parseLocalSettings({ text: '{', path: 'local.settings.json', environment: {} }),
    /local\.settings\.json is not JSON/u,
  );
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
