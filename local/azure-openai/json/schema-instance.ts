import { composeText } from '../chat/compose-text.ts';
import type { Random } from '../seeded-random.ts';
import { type JsonSchema, readSchema, resolveReference } from './json-schema.ts';
import { numberOf } from './number-of.ts';
import { stringOf } from './string-of.ts';

/** Schemas nested deeper than this are ended as soon as they can be: optional parts are left out. */
const deepest = 5;
/** A schema that has no end of its own is given up here … */
const hopeless = 64;
/** … or once so many values have been made up of it. */
const mostValues = 10_000;

/** A schema asks for what the simulator cannot make up. */
export class UnmetSchema extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UnmetSchema';
  }
}

/**
 * A value that a JSON schema takes, made up from random numbers: the same numbers, the same value.
 *
 * @throws {UnmetSchema} for a pattern or length that no string made up has, a reference to nothing, a schema without an
 *   end
 */
export function schemaInstance(schema: unknown, random: Random): unknown {
  return instance(schema, { root: schema, random, depth: 0, made: { values: 0 } });
}

interface Making {
  readonly root: unknown;
  readonly random: Random;
  readonly depth: number;
  /** Of the whole. */
  readonly made: { values: number };
}

function instance(value: unknown, making: Making): unknown {
  making.made.values += 1;
  if (making.depth > hopeless || making.made.values > mostValues) {
    throw new UnmetSchema('a schema that never ends, or of more than 10,000 values');
  }
  const schema = readSchema(value);
  if (schema === undefined) {
    return words(making.random, 3);
  }
  if (schema.$ref !== undefined) {
    const target = resolveReference(making.root, schema.$ref);
    if (target === undefined) {
      throw new UnmetSchema(`the reference ${schema.$ref}, which points at nothing`);
    }
    return instance(target, deeper(making));
  }
  if (isConstant(value)) {
    return schema.const;
  }
  if (schema.enum !== undefined) {
    return pick(schema.enum, making.random);
  }
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches !== undefined) {
    return instance(branchOf(branches, making), deeper(making));
  }
  if (schema.allOf !== undefined) {
    return instance(merged([schema, ...schema.allOf], making.root), deeper(making));
  }
  return ofType(schema, making);
}

function ofType(schema: JsonSchema, making: Making): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, making);
    case 'array':
      return arrayOf(schema, making);
    case 'integer':
      return numberOf(schema, { random: making.random, isInteger: true });
    case 'number':
      return numberOf(schema, { random: making.random, isInteger: false });
    case 'boolean':
      return making.random() < 0.5;
    case 'null':
      return null;
    default: {
      const text = stringOf(schema, making.random);
      if (text === undefined) {
        throw new UnmetSchema(`strings of the length or the pattern ${schema.pattern ?? ''}`);
      }
      return text;
    }
  }
}

function typeOf({ items, prefixItems, properties, type }: JsonSchema): string {
  if (typeof type === 'string') {
    return type;
  }
  if (type !== undefined) {
    return type.find((one) => one !== 'null') ?? 'null';
  }
  if (properties !== undefined) {
    return 'object';
  }
  return items === undefined && prefixItems === undefined ? 'string' : 'array';
}

function objectOf(schema: JsonSchema, making: Making): unknown {
  const required = new Set(schema.required);
  const properties = Object.entries(schema.properties ?? {}).filter(
    ([name]) => required.has(name) || making.depth < deepest,
  );
  const made = properties.map(([name, child]) => [name, instance(child, deeper(making))] as const);
  const unnamed = [...required].filter((name) => schema.properties?.[name] === undefined);
  return Object.fromEntries([...made, ...unnamed.map((name) => [name, words(making.random, 3)] as const)]);
}

function arrayOf(schema: JsonSchema, making: Making): unknown {
  const first = schema.prefixItems ?? [];
  const least = Math.max(schema.minItems ?? 0, making.depth < deepest ? 1 + Math.floor(making.random() * 3) : 0);
  const length = Math.min(schema.maxItems ?? Number.POSITIVE_INFINITY, Math.max(first.length, least));
  if (length > mostValues) {
    throw new UnmetSchema('an array of more than 10,000 items');
  }
  return Array.from({ length: Math.max(0, length) }, (_, index) =>
    instance(first[index] ?? schema.items, deeper(making)),
  );
}

/** At the depth where things end one that ends by itself, if there is any. */
function branchOf(branches: readonly unknown[], making: Making): unknown {
  const ending = branches.filter((branch) => {
    const schema = readSchema(branch);
    return schema?.$ref === undefined && !['object', 'array'].includes(typeOf(schema ?? {}));
  });
  return making.depth >= deepest && ending.length > 0 ? pick(ending, making.random) : pick(branches, making.random);
}

/** All of them at once: later keywords go over earlier ones, properties and requirements add up. */
function merged(parts: readonly unknown[], root: unknown): JsonSchema {
  const schemas = parts.flatMap((part) => {
    const schema = readSchema(part);
    const target = schema?.$ref === undefined ? schema : readSchema(resolveReference(root, schema.$ref));
    return target === undefined ? [] : [target];
  });
  const keywords = schemas.flatMap((schema) => Object.entries(schema).filter(([, value]) => value !== undefined));
  const all = readSchema(Object.fromEntries(keywords)) ?? {};
  const properties = Object.fromEntries(schemas.flatMap((schema) => Object.entries(schema.properties ?? {})));
  const required = schemas.flatMap((schema) => schema.required ?? []);
  return {
    ...all,
    allOf: undefined,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}

function deeper(making: Making): Making {
  return { ...making, depth: making.depth + 1 };
}

function isConstant(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'const' in value;
}

function words(random: Random, count: number): string {
  return composeText(random, count).slice(0, count).join('');
}

function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random() * items.length)];
}
