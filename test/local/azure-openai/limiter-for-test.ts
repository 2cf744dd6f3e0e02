import { DeploymentLimiter } from '../../../local/azure-openai/limits/deployment-limiter.ts';
import type { LimiterFacts } from '../../../local/azure-openai/limits/limiter-state.ts';
import type { LimiterShape } from '../../../local/azure-openai/limits/window-judge.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';

/** Windows of a second. */
export const sliding: LimiterShape = {
  tokenWindow: 'sliding',
  tokenWindowMs: 1000,
  requestWindowSeconds: 1,
  countsThrottled: 'nowhere',
};
export const fixed: LimiterShape = { ...sliding, tokenWindow: 'fixed' };

/** A limiter without lowered limits and neighbour, unless they are given. */
export function limiterForTest(
  facts: Pick<LimiterFacts, 'shape' | 'limits'> & Partial<LimiterFacts>,
): DeploymentLimiter {
  return new DeploymentLimiter({
    lowered: [],
    neighbour: undefined,
    startedAt: 0,
    neighbourRandom: () => seededRandom('limiter-for-test'),
    recorder: { neighbourCalled: () => undefined, peaked: () => undefined },
    ...facts,
  });
}
