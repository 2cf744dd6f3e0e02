import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { simulatedRegions, stackLayout, type StackModel } from '../../local/stack-layout.ts';
import { toldRegions } from '../../local/told-regions.ts';
import { regionsSchema } from '../../shared/config/region-settings.ts';

const model: StackModel = {
  name: 'gpt-4o',
  tokensPerMinute: { eastus: 1000, swedencentral: 1000 },
  requestsPerMinute: { eastus: 60, swedencentral: 60 },
};

function regionsOf(models: readonly StackModel[]): ReturnType<typeof simulatedRegions> {
  return simulatedRegions(stackLayout({ folder: 'unused', models }));
}

function told(models: readonly StackModel[]): ReturnType<typeof toldRegions> {
  return toldRegions(regionsOf(models), (region) => `http://127.0.0.1/${region}`);
}

describe('the simulated regions of a layout', () => {
  test('have the faces of the model, and in each region what differs there as a whole', () => {
    const faces = { requestWindowSeconds: 1, neighbour: { share: 0.3, costPerCall: 10 } } as const;
    const facesByRegion = { swedencentral: { tokenWindow: 'fixed', neighbour: { share: 0.1 } } } as const;
    assert.deepEqual(
      regionsOf([{ ...model, faces, facesByRegion }]).map(({ deployments }) => deployments),
      [
        [{ name: 'gpt-4o', model: 'gpt-4o', tokensPerMinute: 1000, requestsPerMinute: 60, ...faces }],
        [
          {
            name: 'gpt-4o',
            model: 'gpt-4o',
            tokensPerMinute: 1000,
            requestsPerMinute: 60,
            requestWindowSeconds: 1,
            ...facesByRegion.swedencentral,
          },
        ],
      ],
    );
  });
});

describe('what the app is told of the regions', () => {
  test('is what their owner knows, and nothing that it must find out', () => {
    const known = { requestWindowSeconds: 60, defaultMaxTokens: 16, limitGroup: 'global' } as const;
    const faces = {
      ...known,
      tokenWindow: 'fixed',
      tokenWindowMs: 1000,
      countsRefused: true,
      countsThrottled: 'requests',
      lowered: [{ forMs: 1, factor: 0.5 }],
      neighbour: { share: 0.3 },
      lies: { retryAfterSeconds: 1 },
    } as const;
    const quota = { name: 'gpt-4o', model: 'gpt-4o', tokensPerMinute: 1000, requestsPerMinute: 60 };
    for (const region of told([{ ...model, faces }])) {
      assert.deepEqual(region.deployments, [{ ...quota, ...known }]);
    }
  });

  test('is a REGIONS that the app takes, with the usual values where nothing is said', () => {
    const read = regionsSchema.parse(told([model]));
    assert.deepEqual(
      read.map(({ deployments }) => deployments.map((one) => [one.requestWindowSeconds, one.defaultMaxTokens])),
      [[[10, 640]], [[10, 640]]],
    );
  });
});
