import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { buildRegions } from '../../../local/azure-openai/build-regions.ts';
import { describeFaces } from '../../../local/azure-openai/admin/describe-faces.ts';
import type { DeploymentSettings } from '../../../local/azure-openai/settings.ts';
import { chatDeployment, testSettings } from './start-for-test.ts';

async function lineOf(deployment: Partial<DeploymentSettings>): Promise<string | undefined> {
  const settings = testSettings([chatDeployment(deployment)], { isInstant: true });
  const recorder = { neighbourCalled: () => undefined, peaked: () => undefined };
  const regions = await buildRegions(settings, { startedAt: 0, recorder: () => recorder });
  const found = regions.get('east')?.deployments.get('mini');
  return found === undefined ? undefined : describeFaces('east', found);
}

describe('the line of a deployment', () => {
  test('names the usual faces', async () => {
    assert.equal(
      await lineOf({}),
      'east/mini: 1000000 tokens in a sliding window of 60 s; 6000 requests a minute judged over 10 s; 640 tokens for an ' +
        'absent max_tokens; refused calls do not count; throttled calls count nowhere; limits of its own; never lowered; ' +
        'no neighbour; honest headers',
    );
  });

  test('names every face that is set', async () => {
    assert.equal(
      await lineOf({
        tokenWindow: 'fixed',
        tokenWindowMs: 2500,
        requestWindowSeconds: 1,
        defaultMaxTokens: 16,
        limitGroup: 'global',
        countsRefused: true,
        countsThrottled: 'requests-and-tokens',
        lowered: [
          { fromMs: 60_000, forMs: 30_000, factor: 0.5 },
          { forMs: 1000, tokensPerMinute: 5, requestsPerMinute: 6 },
        ],
        neighbour: { share: 0.3, fromMs: 1000, forMs: 9000 },
        lies: { retryAfterSeconds: 'none', remainingTokens: -1 },
      }),
      'east/mini: 1000000 tokens in a fixed window of 2.5 s; 6000 requests a minute judged over 1 s; 16 tokens for an ' +
        'absent max_tokens; refused calls count; throttled calls count as requests and tokens; limits of group/global; ' +
        'lowered to 0.5 of them after 60 s for 30 s and lowered to 5 tokens, 6 requests a minute after 0 s for 1 s; a ' +
        'neighbour asks for 0.3 of the tokens in calls of 1000 after 1 s for 9 s; lying headers: retryAfterSeconds none, ' +
        'remainingTokens -1',
    );
  });

  test('names the throughput of a provisioned deployment in place of its windows', async () => {
    assert.match(
      (await lineOf({ provisioned: { units: 15, tokensPerMinutePerUnit: 2000, outputWeight: 3 } })) ?? '',
      /^east\/mini: provisioned: utilisation falls by 30000 input tokens a minute; 10 s of that are 100 %; an output token counts as 3; 640 tokens/u,
    );
  });
});
