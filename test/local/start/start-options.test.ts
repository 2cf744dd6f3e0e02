import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPorts } from '../../../local/stack-layout.ts';
import { readStartOptions, type StartOptions } from '../../../local/start/start-options.ts';

function optionsOf(args: readonly string[], environment: Readonly<Record<string, string>> = {}): StartOptions {
  const read = readStartOptions(args, environment);
  if (read.kind !== 'run') {
    throw new Error(`The options were not taken: ${JSON.stringify(read)}`);
  }
  return read.options;
}

function problemOf(...args: readonly string[]): string {
  const read = readStartOptions(args, {});
  return read.kind === 'wrong' ? read.problem : '';
}

test('without flags the usual ports are taken', () => {
  assert.deepEqual(optionsOf([]).ports, { app: 7071, stack: defaultPorts });
});

test('a flag wins over the environment, and the environment over the default', () => {
  const environment = { SLUICE_PORT: '7100', SLUICE_COSMOS_PORT: '8200', SLUICE_EASTUS_PORT: '8300' };

  const { ports } = optionsOf(['--port', '7200'], environment);

  assert.equal(ports.app, 7200);
  assert.equal(ports.stack.cosmos, 8200);
  assert.equal(ports.stack.regions['eastus'], 8300);
});

test('--free-ports leaves ports that were given', () => {
  const { ports } = optionsOf(['--free-ports', '--blob-port', '10001']);

  assert.equal(ports.stack.blob, 10_001);
  assert.equal(ports.app, 0);
  assert.deepEqual(ports.stack.regions, { eastus: 0, swedencentral: 0 });
});

test('what cannot be used is refused by the name of its flag', () => {
  assert.match(problemOf('--port', '99999'), /--port \(SLUICE_PORT\).*0 to 65535/u);
  assert.match(problemOf('--processes', '0'), /--processes.*1 to 16/u);
  assert.match(problemOf('--layout', '{"lockMs":-1}'), /lockMs/u);
  assert.match(problemOf('--layout', '{'), /takes JSON/u);
  assert.match(problemOf('--layout', JSON.stringify({ ports: defaultPorts })), /flag of its own/u);
  assert.match(problemOf('--nothing'), /--nothing/u);
});

test('the help names every port flag with its variable', () => {
  const read = readStartOptions(['--help'], {});

  const text = read.kind === 'help' ? read.text : '';
  for (const name of ['--service-bus-port', 'SLUICE_SERVICE_BUS_PORT', '--swedencentral-port', '--admin-port']) {
    assert.ok(text.includes(name), name);
  }
});
