import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { actualUsd, checkJobCost, worstCaseUsd } from '../../../shared/budget/job-cost.ts';
import type { Usage } from '../../../shared/models/call-outcome.ts';

const prices = { inputUsd: 2.5, cachedInputUsd: 1.25, outputUsd: 10 };

function usage(promptTokens: number, completionTokens: number, cachedPromptTokens = 0): Usage {
  const totalTokens = promptTokens + completionTokens;
  return { promptTokens, completionTokens, totalTokens, cachedPromptTokens, reasoningTokens: 0, isEstimated: false };
}

test('the worst case is every token at its full price', () => {
  assert.equal(worstCaseUsd(prices, { promptTokens: 1_000_000, outputTokens: 100_000 }), 3.5);
});

test('cached prompt tokens cost their own price', () => {
  assert.equal(actualUsd(prices, usage(1_000_000, 100_000, 400_000)), 1.5 + 0.5 + 1);
});

test('what a call cost is never more than the worst case of its tokens', () => {
  const price = fc.double({ min: 0, max: 1000, noNaN: true });
  const tokens = fc.nat(2_000_000);
  fc.assert(
    fc.property(
      fc.record({ inputUsd: price, cachedInputUsd: price, outputUsd: price }),
      tokens,
      tokens,
      tokens,
      (any, prompt, output, cached) => {
        const worst = worstCaseUsd(any, { promptTokens: prompt, outputTokens: output });
        const actual = actualUsd(any, usage(prompt, output, cached));
        assert.ok(worst !== undefined && actual !== undefined);
        assert.ok(actual <= worst * (1 + 1e-9));
      },
    ),
  );
});

test('a model without prices has no cost', () => {
  assert.equal(worstCaseUsd(undefined, { promptTokens: 1, outputTokens: 1 }), undefined);
  assert.equal(actualUsd(undefined, usage(1, 1)), undefined);
});

test('a job is held to its cap, and one without a price cannot be', () => {
  assert.deepEqual(checkJobCost(0.5, undefined), { kind: 'within', worstCaseUsd: 0.5 });
  assert.deepEqual(checkJobCost(undefined, undefined), { kind: 'within', worstCaseUsd: undefined });
  assert.deepEqual(checkJobCost(0.5, 0.5), { kind: 'within', worstCaseUsd: 0.5 });
  assert.deepEqual(checkJobCost(0.51, 0.5), { kind: 'exceeds', worstCaseUsd: 0.51, capUsd: 0.5 });
  assert.deepEqual(checkJobCost(undefined, 0.5), { kind: 'unpriced', capUsd: 0.5 });
});
