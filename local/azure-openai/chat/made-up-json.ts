import { composeText } from './compose-text.ts';
import { schemaInstance, UnmetSchema } from '../json/schema-instance.ts';
import type { Random } from '../seeded-random.ts';
import { notCarried } from '../service-error.ts';

/** JSON of a schema; refused by name where the schema asks for what cannot be made up. */
export function madeUpJson(schema: unknown, random: Random): string {
  try {
    return JSON.stringify(schemaInstance(schema, random));
  } catch (error) {
    if (error instanceof UnmetSchema) {
      throw notCarried(error.message);
    }
    throw error;
  }
}

/** What JSON mode answers without a schema. */
export function madeUpObject(random: Random, tokens: number): string {
  return JSON.stringify({ answer: composeText(random, Math.max(1, tokens - 8)).join('') });
}
