import type { JsonObject } from '../json.ts';
import { countAt } from '../tokens/json-guards.ts';

const outputFields = ['max_tokens', 'max_completion_tokens'];

/** The body with each maximum output that it names lowered to `toTokens`; none is added, none raised. */
export function lowerOutput(body: JsonObject, toTokens: number): JsonObject {
  const lowered = outputFields.filter((field) => (countAt(body, field) ?? 0) > toTokens);
  return { ...body, ...Object.fromEntries(lowered.map((field) => [field, toTokens])) };
}
