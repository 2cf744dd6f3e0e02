export type EncodingName = 'o200k_base' | 'cl100k_base';

export interface ModelFacts {
  /** The name that answers carry. */
  readonly version: string;
  readonly operation: 'chat' | 'embeddings';
  readonly encoding: EncodingName;
  /** Prompt and completion together, or the input alone for embeddings. In tokens. */
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /** Reasoning models take `max_completion_tokens` and refuse `max_tokens`. */
  readonly isReasoning: boolean;
  /** Length of an embedding; 0 for chat. */
  readonly dimensions: number;
}

/**
 * What the simulator knows of a model; undefined for one that it does not carry.
 *
 * Windows as of June 2026 in MicrosoftDocs/azure-ai-docs, `models-azure-direct-openai.md`; the gpt-4.1 family has
 * 1,047,576 tokens, but 300,000 on standard deployments, which is what this stands in for.
 */
export function modelFacts(model: string): ModelFacts | undefined {
  return catalogue.get(model);
}

function chat(version: string, sizes: readonly [contextWindow: number, maxOutputTokens: number]): ModelFacts {
  const [contextWindow, maxOutputTokens] = sizes;
  return { ...base, version, contextWindow, maxOutputTokens };
}

function reasoning(version: string, sizes: readonly [contextWindow: number, maxOutputTokens: number]): ModelFacts {
  return { ...chat(version, sizes), isReasoning: true };
}

function embedding(version: string, dimensions: number): ModelFacts {
  return {
    ...base,
    version,
    operation: 'embeddings',
    encoding: 'cl100k_base',
    contextWindow: 8192,
    maxOutputTokens: 0,
    dimensions,
  };
}

const base: ModelFacts = {
  version: '',
  operation: 'chat',
  encoding: 'o200k_base',
  contextWindow: 0,
  maxOutputTokens: 0,
  isReasoning: false,
  dimensions: 0,
};

const catalogue: ReadonlyMap<string, ModelFacts> = new Map([
  ['gpt-4o', chat('gpt-4o-2024-11-20', [128_000, 16_384])],
  ['gpt-4o-mini', chat('gpt-4o-mini-2024-07-18', [128_000, 16_384])],
  ['gpt-4.1', chat('gpt-4.1-2025-04-14', [300_000, 32_768])],
  ['gpt-4.1-mini', chat('gpt-4.1-mini-2025-04-14', [300_000, 32_768])],
  ['gpt-4.1-nano', chat('gpt-4.1-nano-2025-04-14', [300_000, 32_768])],
  ['gpt-5.1', reasoning('gpt-5.1-2025-11-13', [400_000, 128_000])],
  ['gpt-5.2', reasoning('gpt-5.2-2025-12-11', [400_000, 128_000])],
  ['gpt-5.4', reasoning('gpt-5.4', [1_050_000, 128_000])],
  ['gpt-5.4-mini', reasoning('gpt-5.4-mini', [400_000, 128_000])],
  ['gpt-5.4-nano', reasoning('gpt-5.4-nano', [400_000, 128_000])],
  ['gpt-5.5', reasoning('gpt-5.5', [1_050_000, 128_000])],
  ['o3', reasoning('o3-2025-04-16', [300_000, 100_000])],
  ['o4-mini', reasoning('o4-mini-2025-04-16', [300_000, 100_000])],
  ['text-embedding-ada-002', embedding('text-embedding-ada-002', 1536)],
  ['text-embedding-3-small', embedding('text-embedding-3-small', 1536)],
  ['text-embedding-3-large', embedding('text-embedding-3-large', 3072)],
]);
