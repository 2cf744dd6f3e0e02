import { freePorts, type StackLayout, type StackModel } from '../stack-layout.ts';

/**
 * Quotas at which the sample file is bound by quota for most of its run: its 317 runnable lines cost about 114,000
 * tokens (gpt-4o-mini) and 79,000 (gpt-4o) by the service's own estimate, some ten per cent more than a minute's quota
 * of their two regions together. So each bucket is drawn to its limit once, waits for its window to move on, and ends
 * soon after: 65 to 80 s.
 */
const demoModels: readonly StackModel[] = [
  {
    name: 'gpt-4o-mini',
    tokensPerMinute: { eastus: 60_000, swedencentral: 45_000 },
    requestsPerMinute: { eastus: 360, swedencentral: 270 },
  },
  {
    name: 'gpt-4o',
    tokensPerMinute: { eastus: 40_000, swedencentral: 32_000 },
    requestsPerMinute: { eastus: 240, swedencentral: 192 },
  },
];

/** Fast models with a moderate tail: the demo shows quotas, not slow answers. */
const demoLatency = { firstTokenMs: 300, tokensPerSecond: 120, tailProbability: 0.03, tailFactor: 4 };

export function demoLayout(
  folder: string,
  changes: Partial<Omit<StackLayout, 'folder'>>,
): Partial<StackLayout> & Pick<StackLayout, 'folder' | 'ports' | 'models'> {
  return { models: demoModels, latency: demoLatency, ports: freePorts, ...changes, folder };
}
