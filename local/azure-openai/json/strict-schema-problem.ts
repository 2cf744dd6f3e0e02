import { z } from 'zod';

import { type JsonSchema, readSchema } from './json-schema.ts';

/**
 * Why a schema cannot be used with `strict`, as the service words it; undefined when it can. The root is an object, and
 * every object names all of its properties as required and takes no others (OpenAI's guide to structured outputs).
 */
export function strictSchemaProblem(schema: unknown): string | undefined {
  const root = readSchema(schema);
  if (root?.type !== 'object' || root.anyOf !== undefined) {
    const got = root?.type === undefined ? 'None' : JSON.stringify(root.type);
    return `schema must be a JSON Schema of 'type: "object"', got 'type: ${got}'.`;
  }
  return problemAt(schema, []);
}

const definitions = z.looseObject({ $defs: z.record(z.string(), z.unknown()).optional() });

function problemAt(value: unknown, path: readonly string[]): string | undefined {
  const schema = readSchema(value);
  if (schema === undefined) {
    return undefined;
  }
  const own = objectProblem(schema, path);
  if (own !== undefined) {
    return own;
  }
  for (const [step, child] of childrenOf(schema, value)) {
    const problem = problemAt(child, [...path, ...step]);
    if (problem !== undefined) {
      return problem;
    }
  }
  return undefined;
}

function objectProblem(schema: JsonSchema, path: readonly string[]): string | undefined {
  const isObject = schema.type === 'object' || (Array.isArray(schema.type) && schema.type.includes('object'));
  if (!isObject) {
    return undefined;
  }
  const context = `In context=${tuple(path)}`;
  if (schema.additionalProperties !== false) {
    return `${context}, 'additionalProperties' is required to be supplied and to be false.`;
  }
  const missing = Object.keys(schema.properties ?? {}).find((name) => !(schema.required ?? []).includes(name));
  return missing === undefined
    ? undefined
    : `${context}, 'required' is required to be supplied and to be an array including every key in properties. ` +
        `Missing '${missing}'.`;
}

function childrenOf(schema: JsonSchema, value: unknown): readonly (readonly [readonly string[], unknown])[] {
  const parsed = definitions.safeParse(value);
  const defined = parsed.success ? (parsed.data.$defs ?? {}) : {};
  return [
    ...Object.entries(schema.properties ?? {}).map(([name, child]) => [['properties', name], child] as const),
    ...(schema.items === undefined ? [] : [[['items'], schema.items] as const]),
    ...(schema.anyOf ?? []).map((child, index) => [['anyOf', String(index)], child] as const),
    ...Object.entries(defined).map(([name, child]) => [['$defs', name], child] as const),
  ];
}

/** As Python prints one, which the service does. */
function tuple(path: readonly string[]): string {
  const names = path.map((name) => `'${name}'`);
  return names.length === 1 ? `(${names[0] ?? ''},)` : `(${names.join(', ')})`;
}
