import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { readLayoutChanges } from '../../local/layout-schema.ts';

const quotas = { tokensPerMinute: { eastus: 1000 }, requestsPerMinute: { eastus: 60 } };

function layoutOf(model: object): string {
  return JSON.stringify({ models: [{ name: 'gpt-4o', ...quotas, ...model }] });
}

describe('a layout', () => {
  test('without faces is what it was', () => {
    assert.deepEqual(readLayoutChanges(layoutOf({})), { models: [{ name: 'gpt-4o', ...quotas }] });
  });

  test('carries every face', () => {
    const faces = {
      tokenWindow: 'fixed',
      tokenWindowMs: 30_000,
      requestWindowSeconds: 1,
      defaultMaxTokens: 16,
      limitGroup: 'global',
      countsRefused: true,
      countsThrottled: 'requests-and-tokens',
      lowered: [{ fromMs: 1, forMs: 2, factor: 0.5, tokensPerMinute: 3, requestsPerMinute: 4 }],
      neighbour: { share: 0.3, costPerCall: 500, fromMs: 1, forMs: 2 },
      lies: { retryAfterSeconds: 'none', retryAfterMs: 0, limitTokens: -1, remainingTokens: 0 },
      provisioned: { units: 50, tokensPerMinutePerUnit: 2500, outputWeight: 4, burstSeconds: 5 },
    };
    const model = { faces, facesByRegion: { eastus: faces } };
    assert.deepEqual(readLayoutChanges(layoutOf(model)), { models: [{ name: 'gpt-4o', ...quotas, ...model }] });
  });

  const wrong: readonly (readonly [model: object, path: string])[] = [
    [{ faces: { tokenWindow: 'round' } }, 'models[0].faces.tokenWindow'],
    [{ faces: { requestWindowSeconds: 5 } }, 'models[0].faces.requestWindowSeconds'],
    [{ faces: { countsThrottled: true } }, 'models[0].faces.countsThrottled'],
    [{ faces: { lowered: [{ forMs: 1 }] } }, 'models[0].faces.lowered[0]'],
    [{ faces: { lowered: [{ forMs: 1, factor: 2 }] } }, 'models[0].faces.lowered[0].factor'],
    [{ faces: { neighbour: { share: -1 } } }, 'models[0].faces.neighbour.share'],
    [{ faces: { lies: { retryAfterSeconds: 'never' } } }, 'models[0].faces.lies.retryAfterSeconds'],
    [{ faces: { provisioned: { units: 0 } } }, 'models[0].faces.provisioned.units'],
    [{ facesByRegion: { westus: {} } }, 'models[0].facesByRegion.westus'],
    [{ facesByRegion: { eastus: { neighbor: {} } } }, 'models[0].facesByRegion.eastus'],
  ];
  for (const [model, path] of wrong) {
    test(`with ${JSON.stringify(model)} is refused at ${path}`, () => {
      assert.throws(() => readLayoutChanges(layoutOf(model)), {
        message: new RegExp(`at ${path.replaceAll(/[.[\]]/gu, String.raw`\$&`)}$`, 'mu'),
      });
    });
  }
});
