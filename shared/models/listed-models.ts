import { defaultImageRule } from '../tokens/image-tokens.ts';
import type { ModelEntry, Prices } from './model-catalogue.ts';

/**
 * Windows: MicrosoftDocs/azure-ai-docs, `models-azure-direct-openai.md` (June 2026). Prices: OpenAI's list, USD per
 * million tokens, undefined where not known for certain; Azure's differ by region and contract.
 *
 * Where a window depends on the deployment, the larger one stands here: a prompt that was let through by mistake costs
 * one refused call, one refused by mistake costs the job. The gpt-4.1 family takes 1,047,576 tokens, but 300,000 on
 * standard and 128,000 on provisioned deployments: override `inputTokens` there.
 */
export const listedModels: readonly ModelEntry[] = [
  chat('gpt-4o', { context: 128_000, output: 16_384, prices: usd(2.5, 1.25, 10) }),
  {
    ...chat('gpt-4o-mini', { context: 128_000, output: 16_384, prices: usd(0.15, 0.075, 0.6) }),
    imageRule: { baseTokens: 2833, tileTokens: 5667 },
  },
  chat('gpt-4.1', { context: 1_047_576, output: 32_768, prices: usd(2, 0.5, 8) }),
  chat('gpt-4.1-mini', { context: 1_047_576, output: 32_768, prices: usd(0.4, 0.1, 1.6) }),
  chat('gpt-4.1-nano', { context: 1_047_576, output: 32_768, prices: usd(0.1, 0.025, 0.4) }),
  reasoning('gpt-5', { ...gpt5(), prices: usd(1.25, 0.125, 10) }),
  reasoning('gpt-5-mini', { ...gpt5(), prices: usd(0.25, 0.025, 2) }),
  reasoning('gpt-5-nano', { ...gpt5(), prices: usd(0.05, 0.005, 0.4) }),
  reasoning('gpt-5.1', { ...gpt5(), prices: usd(1.25, 0.125, 10) }),
  reasoning('gpt-5.2', gpt5()),
  reasoning('gpt-5.4', { context: 1_050_000, input: 922_000, output: 128_000 }),
  reasoning('gpt-5.4-mini', gpt5()),
  reasoning('gpt-5.4-nano', gpt5()),
  reasoning('gpt-5.5', { context: 1_050_000, input: 922_000, output: 128_000 }),
  reasoning('o3', { context: 200_000, output: 100_000, prices: usd(2, 0.5, 8) }),
  reasoning('o4-mini', { context: 200_000, output: 100_000, prices: usd(1.1, 0.275, 4.4) }),
  embeddings('text-embedding-3-small', usd(0.02, 0.02, 0)),
  embeddings('text-embedding-3-large', usd(0.13, 0.13, 0)),
  embeddings('text-embedding-ada-002', usd(0.1, 0.1, 0)),
];

interface Windows {
  /** Prompt and answer together. */
  readonly context: number;
  /** The prompt alone, where the service limits it apart. */
  readonly input?: number;
  readonly output: number;
  readonly prices?: Prices;
}

function chat(name: string, windows: Windows): ModelEntry {
  return {
    name,
    operation: 'chat',
    encoding: 'o200k_base',
    contextTokens: windows.context,
    inputTokens: windows.input ?? windows.context,
    outputTokens: windows.output,
    usesMaxCompletionTokens: false,
    prices: windows.prices,
    imageRule: defaultImageRule,
  };
}

function reasoning(name: string, windows: Windows): ModelEntry {
  return { ...chat(name, windows), usesMaxCompletionTokens: true };
}

function gpt5(): Windows {
  return { context: 400_000, input: 272_000, output: 128_000 };
}

/** All three take 8,192 tokens an input. */
function embeddings(name: string, prices: Prices): ModelEntry {
  return {
    ...chat(name, { context: 8192, output: 0, prices }),
    operation: 'embeddings',
    encoding: 'cl100k_base',
  };
}

function usd(inputUsd: number, cachedInputUsd: number, outputUsd: number): Prices {
  return { inputUsd, cachedInputUsd, outputUsd };
}
