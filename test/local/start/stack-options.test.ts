import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStackOptions, type StackOptions } from '../../../local/start/stack-options.ts';
import { defaultPorts, freePorts } from '../../../local/stack-layout.ts';

function optionsOf(args: readonly string[], environment: Readonly<Record<string, string>> = {}): StackOptions {
  const read = readStackOptions(args, environment);
  assert.ok(read.kind === 'run', JSON.stringify(read));
  return read.options;
}

function problemOf(...args: readonly string[]): string {
  const read = readStackOptions(args, {});
  return read.kind === 'wrong' ? read.problem : '';
}

test('without flags the stack has the usual ports, and the queues and containers of Sluice', () => {
  const { layout, output } = optionsOf([]);

  assert.deepEqual(layout, { ports: defaultPorts });
  assert.equal(output, 'text');
});

test('a bare stack has no queue and no database but those that a layout declares', () => {
  const queues = [{ name: 'orders', requiresSession: true }];
  const databases = [{ id: 'shop', containers: [{ id: 'orders', partitionKeyPath: '/customer' }] }];

  assert.deepEqual(optionsOf(['--bare', '--free-ports']).layout, { ports: freePorts, queues: [], databases: [] });
  assert.deepEqual(optionsOf(['--bare', '--layout', JSON.stringify({ queues, databases })]).layout, {
    ports: defaultPorts,
    queues,
    databases,
  });
});

test('ports come by flags, by variables or from the layout', () => {
  const layout = JSON.stringify({ ports: freePorts });

  assert.equal(optionsOf(['--cosmos-port', '8200']).layout.ports.cosmos, 8200);
  assert.equal(optionsOf([], { SLUICE_BLOB_PORT: '8300' }).layout.ports.blob, 8300);
  assert.deepEqual(optionsOf(['--layout', layout], { SLUICE_BLOB_PORT: '8300' }).layout.ports, freePorts);
});

test('what cannot be used is refused by its name', () => {
  const ports = JSON.stringify({ ports: freePorts });

  assert.match(problemOf('--cosmos-port', '1', '--layout', ports), /not by both/u);
  assert.match(problemOf('--json', '--env'), /one of them/u);
  assert.match(problemOf('--port', '7071'), /--port/u);
  assert.match(problemOf('--layout', '{"queues":[{"name":"a","lockMs":5}]}'), /at queues\[0\]/u);
  assert.match(problemOf('--layout', '{"databases":[{"id":"a","containers":[{"id":"b"}]}]}'), /partitionKeyPath/u);
});

test('the help names every option and every port of the stack, and no port of the app', () => {
  const read = readStackOptions(['--help'], {});

  const text = read.kind === 'help' ? read.text : '';
  for (const name of ['--bare', '--env', '--json', '--service-bus-port', 'SLUICE_ADMIN_PORT']) {
    assert.ok(text.includes(name), name);
  }
  assert.ok(!text.includes('--port PORT'));
});
