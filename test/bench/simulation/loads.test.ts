import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawExponential, drawLogNormal } from '../../../bench/simulation/draws.ts';
import { jobsPerSecond, loads } from '../../../bench/simulation/loads.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';

const draws = 200_000;

test('the jobs of a load have the mean that is told, and fit its limit', () => {
  for (const load of Object.values(loads)) {
    const random = seededRandom('loads', load.name);
    const costs = Array.from({ length: draws }, () => load.drawCost(random));
    const mean = costs.reduce((sum, cost) => sum + cost, 0) / draws;
    assert.ok(Math.abs(mean / load.meanCost - 1) < 0.02, `${load.name}: ${mean}`);
    assert.ok(Math.max(...costs.slice(0, 50_000)) <= Math.min(16_000, load.limits.tokensPerMinute));
    assert.ok(Math.min(...costs.slice(0, 50_000)) >= 1);
  }
});

test('the rate of a load is that of the counter that binds', () => {
  assert.ok(Math.abs(jobsPerSecond(loads['10M']) - 138.9) < 0.1);
  assert.equal(jobsPerSecond(loads['request-bound']), 100);
});

test('a spread has its median and its 99th percentile', () => {
  const random = seededRandom('spread');
  const drawn = Array.from({ length: draws }, () => drawLogNormal(random, { p50: 6, p99: 30 })).toSorted(
    (a, b) => a - b,
  );
  assert.ok(Math.abs((drawn[draws / 2] ?? 0) - 6) < 0.1);
  assert.ok(Math.abs((drawn[Math.floor(draws * 0.99)] ?? 0) - 30) < 1.5);
});

test('arrivals at random come at their mean distance', () => {
  const random = seededRandom('arrivals');
  const total = Array.from({ length: draws }, () => drawExponential(random, 50)).reduce((sum, gap) => sum + gap, 0);
  assert.ok(Math.abs(total / draws - 50) < 1);
});
