import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeReports } from '../../tools/conformance/describe-reports.ts';
import { endpointOf, readOptions } from '../../tools/conformance/read-options.ts';
import { suites } from '../../tools/conformance/suites.ts';

const bus = 'Endpoint=sb://mine.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=c2VjcmV0==';
const account = 'AccountEndpoint=https://mine.documents.azure.com:443/;AccountKey=c2VjcmV0==;';

function run(args: readonly string[], environment: Record<string, string> = {}) {
  const read = readOptions(args, environment);
  assert.ok(read.kind === 'run', JSON.stringify(read));
  return read.options.runs.map(({ suite, connectionString }) => [suite.name, connectionString]);
}

test('a suite runs against the embedded part unless an account is named', () => {
  assert.deepEqual(run(['cosmos']), [['cosmos', undefined]]);
  assert.deepEqual(run(['cosmos', '--cosmos', account]), [['cosmos', account]]);
  assert.deepEqual(run(['service-bus'], { SLUICE_CONFORMANCE_SERVICE_BUS: bus }), [['service-bus', bus]]);
  assert.deepEqual(run(['service-bus'], { SLUICE_CONFORMANCE_COSMOS: account }), [['service-bus', undefined]]);
});

test('all suites are run in their order, each once', () => {
  assert.deepEqual(
    run(['all', 'cosmos']).map(([name]) => name),
    ['service-bus', 'cosmos', 'azure-openai', 'functions-host'],
  );
});

test('what cannot be meant is refused, without a word of a connection string', () => {
  for (const [args, problem] of [
    [[], /Name a suite/u],
    [['blob'], /"blob" is no suite/u],
    [['cosmos', '--service-bus', bus], /the suite service-bus was not asked for/u],
    [['cosmos', '--cosmos', 'AccountKey=c2VjcmV0'], /has no AccountEndpoint/u],
    [['cosmos', '--only', '('], /Invalid regular expression/u],
    [['cosmos', '--sometimes'], /--sometimes/u],
  ] as const) {
    const read = readOptions(args, {});
    assert.ok(read.kind === 'wrong');
    assert.match(read.problem, problem);
    assert.doesNotMatch(read.problem, /c2VjcmV0/u);
  }
});

test('an account is named by its host', () => {
  const [serviceBus, cosmos] = suites;
  assert.ok(serviceBus !== undefined && cosmos !== undefined);
  assert.equal(endpointOf(serviceBus, bus), 'mine.servicebus.windows.net');
  assert.equal(endpointOf(cosmos, account), 'mine.documents.azure.com');
});

test('the table counts each suite, and names what failed and why the rest was skipped', () => {
  const fact = (name: string) => ({ name, file: 'a.int.test.ts' });
  const text = describeReports([
    {
      title: 'Cosmos DB',
      endpoint: 'mine',
      seconds: 12.3,
      facts: [
        { ...fact('good'), result: { kind: 'passed' } },
        { ...fact('bad'), result: { kind: 'failed', error: '1 is not 2' } },
        { ...fact('slow'), result: { kind: 'skipped', reason: 'it would cost an hour' } },
      ],
    },
  ]);

  assert.match(text, /^Cosmos DB  mine +1 +1 +1  12 s$/mu);
  assert.match(text, /✖ Cosmos DB: bad\n {2}a\.int\.test\.ts\n {2}1 is not 2/u);
  assert.match(text, /- Cosmos DB: slow\n {2}skipped: it would cost an hour/u);
  assert.doesNotMatch(text, /good/u);
});
