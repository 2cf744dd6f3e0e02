import { defaultImageRule, type ImageRule } from '../tokens/image-tokens.ts';
import type { Encoding } from '../tokens/token-counter.ts';
import { listedModels } from './listed-models.ts';
import type { Operation } from './model-client.ts';

/** What is known of a model. Windows in tokens, prices in USD per million tokens. */
export interface ModelEntry {
  readonly name: string;
  readonly operation: Operation;
  readonly encoding: Encoding;
  /** Most tokens of prompt and answer together; for embeddings, of one input. */
  readonly contextTokens: number;
  /** Most tokens of the prompt; less than `contextTokens` where the service limits the two apart. */
  readonly inputTokens: number;
  /** Most tokens of one answer; 0 for embeddings. */
  readonly outputTokens: number;
  /** Reasoning models refuse `max_tokens` and take `max_completion_tokens`. */
  readonly usesMaxCompletionTokens: boolean;
  /** OpenAI's list prices where known: defaults for estimates, to be overridden by what you pay. */
  readonly prices: Prices | undefined;
  readonly imageRule: ImageRule;
}

/** USD per million tokens. */
export interface Prices {
  readonly inputUsd: number;
  /** Prompt tokens read from the service's cache. */
  readonly cachedInputUsd: number;
  readonly outputUsd: number;
}

/** What the configuration says of a model; what is absent comes from the listed model of that name. */
export interface ModelOverride {
  readonly name: string;
  /** Most tokens of prompt and answer together. */
  readonly contextWindow?: number | undefined;
  /** Most tokens of the prompt alone, where the deployment limits it apart. */
  readonly inputWindow?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly operation?: Operation | undefined;
  readonly encoding?: Encoding | undefined;
  readonly usdPerMillionInput?: number | undefined;
  readonly usdPerMillionCachedInput?: number | undefined;
  readonly usdPerMillionOutput?: number | undefined;
}

export interface ModelCatalogue {
  /** By exact name, or by the name without a version date (`gpt-4o-2024-08-06`). Undefined when it is not known. */
  readonly find: (name: string) => ModelEntry | undefined;
}

/**
 * The listed models with the overrides laid over them. An override with a name that is not listed adds a model, and what
 * it does not say is taken from `assumedModel`.
 */
export function modelCatalogue(overrides: readonly ModelOverride[] = []): ModelCatalogue {
  const entries = new Map(listedModels.map((entry) => [entry.name, entry]));
  const find = (name: string): ModelEntry | undefined =>
    entries.get(name) ?? entries.get(name.replace(/-\d{4}-\d{2}-\d{2}$/u, ''));
  for (const override of overrides) {
    entries.set(override.name, overlay(find(override.name) ?? assumedModel, override));
  }
  return { find };
}

/** A chat model of which nothing is known: no limit that could refuse a job by mistake, and no price. */
const assumedModel: ModelEntry = {
  name: '',
  operation: 'chat',
  encoding: 'o200k_base',
  contextTokens: 1_050_000,
  inputTokens: 1_050_000,
  outputTokens: 128_000,
  usesMaxCompletionTokens: false,
  prices: undefined,
  imageRule: defaultImageRule,
};

function overlay(entry: ModelEntry, override: ModelOverride): ModelEntry {
  const contextTokens = override.contextWindow ?? entry.contextTokens;
  const hasOneWindow = entry.inputTokens === entry.contextTokens;
  return {
    name: override.name,
    operation: override.operation ?? entry.operation,
    encoding: override.encoding ?? entry.encoding,
    contextTokens,
    inputTokens: Math.min(contextTokens, override.inputWindow ?? (hasOneWindow ? contextTokens : entry.inputTokens)),
    outputTokens: override.maxOutputTokens ?? entry.outputTokens,
    usesMaxCompletionTokens: entry.usesMaxCompletionTokens,
    prices: overlayPrices(entry.prices, override),
    imageRule: entry.imageRule,
  };
}

/** Without a price for input, or for output, there is no price list; a cached token costs as any other unless told. */
function overlayPrices(prices: Prices | undefined, override: ModelOverride): Prices | undefined {
  const inputUsd = override.usdPerMillionInput ?? prices?.inputUsd;
  const outputUsd = override.usdPerMillionOutput ?? prices?.outputUsd;
  if (inputUsd === undefined || outputUsd === undefined) {
    return undefined;
  }
  const listedCachedUsd = override.usdPerMillionInput === undefined ? prices?.cachedInputUsd : undefined;
  return { inputUsd, cachedInputUsd: override.usdPerMillionCachedInput ?? listedCachedUsd ?? inputUsd, outputUsd };
}
