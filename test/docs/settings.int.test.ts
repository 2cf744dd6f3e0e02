import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { readConfig } from '../../shared/config/read-config.ts';
import { settingSchema } from '../../shared/config/setting-schema.ts';
import { poolsSchema, regionsSchema } from '../../shared/config/region-settings.ts';
import { blocks, section } from './readme.ts';

const names = Object.keys(settingSchema.shape).toSorted();

/** What the Functions host reads, and not the app. */
const ofTheHost = 'FUNCTIONS_WORKER_RUNTIME';

const sample = z
  .strictObject({ IsEncrypted: z.literal(false), Values: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(new URL('../../local.settings.sample.json', import.meta.url), 'utf8')));

const rows = section('## Settings')
  .split('\n')
  .map((line) => /^\| `([^`]+)` +\|(.*)\|$/u.exec(line))
  .flatMap((match) => (match === null ? [] : [{ name: match[1] ?? '', cells: match[2] ?? '' }]));

test('the sample holds every setting of the app, and no other', () => {
  const held = Object.keys(sample.Values).filter((name) => name !== ofTheHost);

  assert.deepEqual(held.toSorted(), names);
});

test("the README's table holds every setting of the app once, and no other", () => {
  assert.deepEqual(rows.map((row) => row.name).toSorted(), names);
});

test('the app takes the settings of the sample', () => {
  const config = readConfig(sample.Values);

  assert.deepEqual(
    config.regions.map((region) => region.name),
    ['eastus', 'swedencentral'],
  );
  assert.ok('connectionString' in config.serviceBus && 'connectionString' in config.payloads);
  assert.equal(config.pools, undefined);
});

test('what the sample gives beside the addresses are the defaults', () => {
  const addresses = new Set([
    'REGIONS',
    'ServiceBus',
    'COSMOS_ENDPOINT',
    'COSMOS_KEY',
    'AzureWebJobsStorage',
    'TRACE_FILE',
  ]);
  const given = Object.entries(sample.Values).filter(([, value]) => value !== '');
  const needed = Object.fromEntries(given.filter(([name]) => addresses.has(name)));

  assert.deepEqual(readConfig(sample.Values), readConfig(needed));
});

test("the README's table gives the defaults that the schema has", () => {
  const { REGIONS, COSMOS_ENDPOINT } = sample.Values;
  const {
    REGIONS: _regions,
    COSMOS_ENDPOINT: _endpoint,
    ...defaults
  } = settingSchema.parse({ REGIONS, COSMOS_ENDPOINT });

  const told = Object.entries(defaults).map(([name, value]) => ({
    name,
    value: JSON.stringify(value).replaceAll('"', ''),
  }));
  const missing = told.filter(({ name, value }) => !cellsOf(name).includes(`\`${value}\``));

  assert.ok(told.length > 10);
  assert.deepEqual(missing, []);
});

test("the README's regions and pools can be used as they stand", () => {
  const text = section('### Regions, pools and models');
  const regions = blocks(text, 'json').map((block) => regionsSchema.safeParse(JSON.parse(block)));
  const pools = /`(\[\{"name".*\}\])`/u.exec(text)?.[1] ?? '';

  assert.deepEqual(
    regions.map((parsed) => parsed.success),
    [true],
  );
  assert.ok(poolsSchema.safeParse(JSON.parse(pools)).success);
});

function cellsOf(name: string): string {
  return rows.find((row) => row.name === name)?.cells ?? '';
}
