import type { TestContext } from 'node:test';

import { AzureOpenAI, OpenAI } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { z } from 'zod';

import type { AzureOpenAiSettings, DeploymentSettings } from '../../../local/azure-openai/settings.ts';
import { startAzureOpenAi } from '../../../local/azure-openai/start-azure-openai.ts';

/** A clock that stands until it is moved. */
export interface TestClock {
  readonly now: () => number;
  readonly advance: (ms: number) => void;
}

export function testClock(start = 1_700_000_000_000): TestClock {
  let at = start;
  return {
    now: () => at,
    advance: (ms) => {
      at += ms;
    },
  };
}

export const noLatency = { firstTokenMs: 0, tokensPerSecond: 1_000_000, tailProbability: 0, tailFactor: 1 } as const;

export function chatDeployment(changes: Partial<DeploymentSettings> = {}): DeploymentSettings {
  return { name: 'mini', model: 'gpt-4o-mini', tokensPerMinute: 1_000_000, requestsPerMinute: 6000, ...changes };
}

export function testSettings(
  deployments: readonly DeploymentSettings[] = [chatDeployment()],
  changes: Partial<AzureOpenAiSettings> = {},
): AzureOpenAiSettings {
  return {
    regions: [{ name: 'east', port: 0, apiKey: 'east-key', deployments, latency: noLatency }],
    adminPort: 0,
    seed: 7,
    databasePath: ':memory:',
    ...changes,
  };
}

const tally = z.object({
  calls: z.number(),
  completed: z.number(),
  throttled429: z.object({ tokens: z.number(), requests: z.number() }),
  errors: z.record(z.string(), z.number()),
  unanswered: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  admittedCost: z.number(),
});
const deploymentReport = tally.extend({
  tokenWindow: z.object({ cost: z.number(), limit: z.number(), fullest: z.number() }),
  requestWindow: z.object({ requests: z.number(), limit: z.number(), fullest: z.number() }),
});
const use = z.object({
  admitted: z.number(),
  admittedCost: z.number(),
  throttled429: z.object({ tokens: z.number(), requests: z.number() }),
});
const fullest = { fullestTokenWindow: z.number(), fullestRequestWindow: z.number() };
const limits = z.object({ tokensPerMinute: z.number(), requestsPerMinute: z.number() });
const limiterReport = z.object({
  deployments: z.array(z.string()),
  usual: limits,
  inForce: limits,
  ours: use.extend(fullest),
  neighbour: use,
  everybody: z.object(fullest),
});
const perWindow = z.object({ tokens: z.number(), requests: z.number() });
const usageReport = z.object({
  from: z.number(),
  before: z.number(),
  limiters: z.record(z.string(), z.object({ capacity: perWindow, ours: use, neighbour: use })),
});
const countersReport = z.object({
  uptimeSeconds: z.number(),
  regions: z.record(
    z.string(),
    z.object({ isDown: z.boolean(), unrouted: tally, deployments: z.record(z.string(), deploymentReport) }),
  ),
  limiters: z.record(z.string(), limiterReport),
});
const callsPage = z.object({
  calls: z.array(
    z.object({
      number: z.number(),
      at: z.number(),
      deployment: z.string(),
      clientRequestId: z.string(),
      status: z.number().nullable(),
      code: z.string(),
      throttledBy: z.enum(['', 'tokens', 'requests']),
      cost: z.number(),
      isAdmitted: z.boolean(),
      promptTokens: z.number(),
      completionTokens: z.number(),
    }),
  ),
  next: z.number(),
});

interface TestRegion {
  /** Classic addresses. */
  readonly azure: AzureOpenAI;
  /** v1 addresses. */
  readonly v1: OpenAI;
  readonly endpoint: string;
}

export interface TestAzureOpenAi {
  readonly region: (name?: string, apiKey?: string) => TestRegion;
  readonly counters: () => Promise<z.infer<typeof countersReport>>;
  readonly deployment: (name?: string, region?: string) => Promise<z.infer<typeof deploymentReport>>;
  readonly limiter: (key?: string) => Promise<z.infer<typeof limiterReport>>;
  readonly usage: (query?: string, key?: string) => Promise<z.infer<typeof usageReport>['limiters'][string]>;
  readonly calls: (query?: string) => Promise<z.infer<typeof callsPage>['calls']>;
  readonly admin: (method: string, path: string, body?: unknown) => Promise<Response>;
  readonly stop: () => Promise<void>;
}

/** Starts the simulator for one test and stops it afterwards. */
export async function startForTest(
  context: TestContext,
  settings: AzureOpenAiSettings = testSettings(),
): Promise<TestAzureOpenAi> {
  const started = await startAzureOpenAi(settings);
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    stopping ??= started.stop();
    await stopping;
  };
  context.after(stop);
  const admin = async (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${started.adminUrl}/admin/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const counters: TestAzureOpenAi['counters'] = async () =>
    countersReport.parse(await (await admin('GET', 'counters')).json());
  return {
    admin,
    counters,
    calls: async (query = 'after=0') => callsPage.parse(await (await admin('GET', `calls?${query}`)).json()).calls,
    limiter: async (key = 'east/mini') => named((await counters()).limiters, key),
    usage: async (query = '', key = 'east/mini') =>
      named(usageReport.parse(await (await admin('GET', `usage?${query}`)).json()).limiters, key),
    deployment: async (name = 'mini', region = 'east') => {
      const report = (await counters()).regions[region]?.deployments[name];
      if (report === undefined) {
        throw new Error(`No counters of ${region}/${name}.`);
      }
      return report;
    },
    region: (name = 'east', apiKey = `${name}-key`) => {
      const endpoint = started.endpoint(name);
      return {
        endpoint,
        azure: new AzureOpenAI({ endpoint, apiKey, apiVersion: '2024-10-21', maxRetries: 0 }),
        v1: new OpenAI({ baseURL: `${endpoint}/openai/v1/`, apiKey, maxRetries: 0 }),
      };
    },
    stop,
  };
}

function named<T>(reports: Readonly<Record<string, T>>, key: string): T {
  const report = reports[key];
  if (report === undefined) {
    throw new Error(`No report of ${key}.`);
  }
  return report;
}

/** The error that a call rejects with; fails when it does not. */
export async function rejection(call: PromiseLike<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof OpenAI.APIError) {
      return error;
    }
    throw error;
  }
  throw new Error('The call was expected to be refused, and was answered.');
}

export function ask(content: string, maxTokens?: number): ChatCompletionCreateParamsNonStreaming {
  return {
    model: 'mini',
    messages: [{ role: 'user', content }],
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
  };
}

/** Everything that a stream gives, or its error. */
export async function collect<T>(stream: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of stream) {
    items.push(item);
  }
  return items;
}
