import type { Deployment } from '../region.ts';
import type { HeaderLies, LoweredLimits, NeighbourSettings } from '../settings.ts';

/** One line with every face of a deployment's limiter, as it is printed at the start. */
export function describeFaces(regionName: string, deployment: Deployment): string {
  const { countsRefused, defaultMaxTokens, lies, limiter, limiterKey } = deployment;
  const { countsThrottled, requestWindowSeconds, tokenWindow, tokenWindowMs } = limiter.shape;
  const { requestsPerMinute, tokensPerMinute } = limiter.usualLimits;
  const place = `${regionName}/${deployment.name}`;
  const judged =
    limiter.shape.bucketMs === undefined
      ? [
          `${tokensPerMinute} tokens in a ${tokenWindow} window of ${seconds(tokenWindowMs)}`,
          `${requestsPerMinute} requests a minute judged over ${requestWindowSeconds} s`,
        ]
      : [
          `provisioned: utilisation falls by ${tokensPerMinute} input tokens a minute`,
          `${seconds(limiter.shape.bucketMs)} of that are 100 %`,
          `an output token counts as ${deployment.outputWeight ?? 1}`,
        ];
  const parts = [
    ...judged,
    `${defaultMaxTokens} tokens for an absent max_tokens`,
    `refused calls ${countsRefused ? 'count' : 'do not count'}`,
    `throttled calls count ${countsThrottled === 'requests-and-tokens' ? 'as requests and tokens' : countsThrottled}`,
    limiterKey === place ? 'limits of its own' : `limits of ${limiterKey}`,
    limiter.facts.lowered.map(describeLowered).join(' and ') || 'never lowered',
    describeNeighbour(limiter.neighbour),
    describeLies(lies),
  ];
  return `${place}: ${parts.join('; ')}`;
}

function describeLowered(lowered: LoweredLimits): string {
  const { factor, forMs, fromMs = 0, requestsPerMinute, tokensPerMinute } = lowered;
  const to = [
    ...(factor === undefined ? [] : [`${factor} of them`]),
    ...(tokensPerMinute === undefined ? [] : [`${tokensPerMinute} tokens`]),
    ...(requestsPerMinute === undefined ? [] : [`${requestsPerMinute} requests a minute`]),
  ];
  return `lowered to ${to.join(', ')} after ${seconds(fromMs)} for ${seconds(forMs)}`;
}

function describeNeighbour(neighbour: NeighbourSettings | undefined): string {
  if (neighbour === undefined) {
    return 'no neighbour';
  }
  const { costPerCall = 1000, forMs, fromMs = 0, share } = neighbour;
  const end = forMs === undefined ? '' : ` for ${seconds(forMs)}`;
  return `a neighbour asks for ${share} of the tokens in calls of ${costPerCall} after ${seconds(fromMs)}${end}`;
}

function describeLies(lies: HeaderLies): string {
  const told = Object.entries(lies).map(([name, value]) => `${name} ${String(value)}`);
  return told.length === 0 ? 'honest headers' : `lying headers: ${told.join(', ')}`;
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
