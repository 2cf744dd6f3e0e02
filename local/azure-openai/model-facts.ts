export type EncodingName = 'o200k_base' | 'cl100k_base';

/**
 * Tokens of an image by its detail: a base and so many for each tile of 512 px, or one for each patch of 32 px times a
 * factor (OpenAI's guide to images and vision; not confirmed for Azure).
 */
export type ImageRule =
  | { readonly kind: 'tiles'; readonly baseTokens: number; readonly tileTokens: number }
  | { readonly kind: 'patches'; readonly tokensPerPatch: number };

/** Throughput of one provisioned unit. */
export interface UnitFacts {
  /** Input tokens a minute. */
  readonly tokensPerMinute: number;
  /** Input tokens that an output token counts as. */
  readonly outputWeight: number;
}

export interface ModelFacts {
  /** The name that answers carry. */
  readonly version: string;
  readonly operation: 'chat' | 'embeddings';
  readonly encoding: EncodingName;
  /** Prompt and completion together, or the input alone for embeddings. In tokens. */
  readonly contextWindow: number;
  readonly maxOutputTokens: number;
  /**
   * Reasoning models take `max_completion_tokens` and refuse `max_tokens`. Those that always reason refuse sampling
   * parameters, the others only when they are asked for an effort.
   */
  readonly reasoning: 'never' | 'when-asked' | 'always';
  /** Length of an embedding; 0 for chat. */
  readonly dimensions: number;
  readonly imageRule: ImageRule;
  /** Undefined where no figure is published. */
  readonly unit: UnitFacts | undefined;
}

/** Every model that the simulator carries, by the name that settings give it. */
export function knownModels(): ReadonlyMap<string, ModelFacts> {
  return catalogue;
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

type Sizes = readonly [contextWindow: number, maxOutputTokens: number];
type Unit = readonly [tokensPerMinute: number, outputWeight: number];

function chat(version: string, sizes: Sizes, rest: Partial<ModelFacts> = {}): ModelFacts {
  const [contextWindow, maxOutputTokens] = sizes;
  return { ...base, version, contextWindow, maxOutputTokens, ...rest };
}

function reasoning(version: string, sizes: Sizes, rest: Partial<ModelFacts> = {}): ModelFacts {
  return chat(version, sizes, { reasoning: 'when-asked', ...rest });
}

function unit([tokensPerMinute, outputWeight]: Unit): Pick<ModelFacts, 'unit'> {
  return { unit: { tokensPerMinute, outputWeight } };
}

function tiles(baseTokens: number, tileTokens: number): Pick<ModelFacts, 'imageRule'> {
  return { imageRule: { kind: 'tiles', baseTokens, tileTokens } };
}

function patches(tokensPerPatch: number): Pick<ModelFacts, 'imageRule'> {
  return { imageRule: { kind: 'patches', tokensPerPatch } };
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
  reasoning: 'never',
  dimensions: 0,
  ...tiles(85, 170),
  unit: undefined,
};

/** Units: `provisioned-throughput-sizing.md` of the same documents; gpt-4o's weight from an earlier edition of it. */
const catalogue: ReadonlyMap<string, ModelFacts> = new Map([
  ['gpt-4o', chat('gpt-4o-2024-11-20', [128_000, 16_384], unit([2500, 3]))],
  ['gpt-4o-mini', chat('gpt-4o-mini-2024-07-18', [128_000, 16_384], { ...tiles(2833, 5667), ...unit([37_000, 3]) })],
  ['gpt-4.1', chat('gpt-4.1-2025-04-14', [300_000, 32_768], unit([3000, 4]))],
  ['gpt-4.1-mini', chat('gpt-4.1-mini-2025-04-14', [300_000, 32_768], { ...patches(1.62), ...unit([14_900, 4]) })],
  ['gpt-4.1-nano', chat('gpt-4.1-nano-2025-04-14', [300_000, 32_768], { ...patches(2.46), ...unit([59_400, 4]) })],
  ['gpt-5.1', reasoning('gpt-5.1-2025-11-13', [400_000, 128_000], { ...tiles(70, 140), ...unit([4750, 8]) })],
  ['gpt-5.2', reasoning('gpt-5.2-2025-12-11', [400_000, 128_000], { ...tiles(70, 140), ...unit([3400, 8]) })],
  ['gpt-5.4', reasoning('gpt-5.4', [1_050_000, 128_000], { ...tiles(70, 140), ...unit([2400, 6]) })],
  ['gpt-5.4-mini', reasoning('gpt-5.4-mini', [400_000, 128_000], patches(1.62))],
  ['gpt-5.4-nano', reasoning('gpt-5.4-nano', [400_000, 128_000], patches(2.46))],
  ['gpt-5.5', reasoning('gpt-5.5', [1_050_000, 128_000], tiles(70, 140))],
  [
    'o3',
    reasoning('o3-2025-04-16', [300_000, 100_000], { reasoning: 'always', ...tiles(75, 150), ...unit([3000, 4]) }),
  ],
  [
    'o4-mini',
    reasoning('o4-mini-2025-04-16', [300_000, 100_000], { reasoning: 'always', ...patches(1.72), ...unit([5400, 4]) }),
  ],
  ['text-embedding-ada-002', embedding('text-embedding-ada-002', 1536)],
  ['text-embedding-3-small', embedding('text-embedding-3-small', 1536)],
  ['text-embedding-3-large', embedding('text-embedding-3-large', 3072)],
]);
