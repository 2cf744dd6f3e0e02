import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { planLatency } from '../../../local/azure-openai/plan-latency.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';

const settings = { firstTokenMs: 100, tokensPerSecond: 100, tailProbability: 0.1, tailFactor: 20 };

describe('the latency of a call', () => {
  test('is the same for the same seed and number', () => {
    assert.deepEqual(planLatency(settings, seededRandom(1, 5)), planLatency(settings, seededRandom(1, 5)));
  });

  test('has a heavy tail: most calls near the setting, some many times as long, none beyond the factor', () => {
    const first = Array.from({ length: 5000 }, (_, call) => planLatency(settings, seededRandom(1, call)).firstTokenMs);
    const slow = first.filter((ms) => ms > 120).length / first.length;
    assert.ok(slow > 0.07 && slow < 0.11, `${slow}`);
    assert.ok(first.some((ms) => ms > 500));
    assert.ok(first.every((ms) => ms >= 80 && ms <= 2400));
  });

  test('without a tail stays within 20 % of the setting', () => {
    for (let call = 0; call < 100; call += 1) {
      const { msPerToken } = planLatency({ ...settings, tailProbability: 0 }, seededRandom(1, call));
      assert.ok(msPerToken >= 8 && msPerToken <= 12);
    }
  });
});
