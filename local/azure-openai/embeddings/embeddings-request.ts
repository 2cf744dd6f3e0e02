import { z } from 'zod';

import type { ModelFacts } from '../model-facts.ts';
import { parseRequest, refuseUnknownFields } from '../parse-request.ts';
import { invalidRequest } from '../service-error.ts';

/** What the simulator needs of an embeddings request. */
export interface EmbeddingsRequest {
  readonly operation: 'embeddings';
  /** A text, or the ids of its tokens. */
  readonly inputs: readonly (string | readonly number[])[];
  /** Length of each vector. */
  readonly dimensions: number;
  readonly isBase64: boolean;
}

export function readEmbeddingsRequest(
  body: unknown,
  model: Pick<ModelFacts, 'dimensions' | 'version'>,
): EmbeddingsRequest {
  const request = parseRequest(embeddingsSchema, body);
  refuseUnknownFields(request, knownFields);
  return {
    operation: 'embeddings',
    inputs: readInputs(request.input),
    dimensions: readDimensions(request.dimensions ?? undefined, model),
    isBase64: request.encoding_format === 'base64',
  };
}

const tokens = z.array(z.int().min(0)).min(1).max(2048);
const embeddingsSchema = z.looseObject({
  input: z.union([
    z.string().min(1),
    tokens,
    z.array(z.string().min(1)).min(1).max(2048),
    z.array(tokens).min(1).max(2048),
  ]),
  dimensions: z.int().min(1).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  user: z.string().nullish(),
});
const knownFields: ReadonlySet<string> = new Set([...Object.keys(embeddingsSchema.shape), 'model', 'input_type']);

function readInputs(input: z.infer<typeof embeddingsSchema>['input']): EmbeddingsRequest['inputs'] {
  if (typeof input === 'string') {
    return [input];
  }
  const inputs: (string | readonly number[])[] = [];
  const ids: number[] = [];
  for (const item of input) {
    if (typeof item === 'number') {
      ids.push(item);
    } else {
      inputs.push(item);
    }
  }
  return ids.length > 0 ? [ids] : inputs;
}

function readDimensions(asked: number | undefined, model: Pick<ModelFacts, 'dimensions' | 'version'>): number {
  if (asked !== undefined && model.version === 'text-embedding-ada-002') {
    throw invalidRequest({ message: 'This model does not support specifying dimensions.', param: null, code: null });
  }
  if (asked !== undefined && asked > model.dimensions) {
    throw invalidRequest({
      message: `Invalid value for 'dimensions' = ${asked}. Must be less than or equal to ${model.dimensions}.`,
      param: 'dimensions',
      code: null,
    });
  }
  return asked ?? model.dimensions;
}
