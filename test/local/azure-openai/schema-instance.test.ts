import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';
import { z } from 'zod';

import { patternText } from '../../../local/azure-openai/json/pattern-text.ts';
import { schemaInstance, UnmetSchema } from '../../../local/azure-openai/json/schema-instance.ts';
import { strictSchemaProblem } from '../../../local/azure-openai/json/strict-schema-problem.ts';
import { seededRandom } from '../../../local/azure-openai/seeded-random.ts';

const random = (seed: number): (() => number) => seededRandom('schema', seed);

/** Schemas as applications write them, whose instances zod judges by itself. */
const leaf: fc.Arbitrary<z.ZodType> = fc.oneof(
  fc.constant(z.string()),
  fc.constant(z.boolean()),
  fc.constant(z.null()),
  fc.tuple(fc.nat(20), fc.nat(20)).map(([least, more]) =>
    z
      .string()
      .min(least)
      .max(least + more),
  ),
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(100)).map(([least, more]) =>
    z
      .int()
      .min(least)
      .max(least + more),
  ),
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 100 })).map(([above, more]) =>
    z
      .number()
      .gt(above)
      .lt(above + more),
  ),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((values) => z.enum(values)),
  fc.string().map((value) => z.literal(value)),
  fc.constantFrom<z.ZodType[]>(z.iso.datetime(), z.iso.date(), z.uuid(), z.email(), z.ipv4(), z.url()),
  fc
    .constantFrom(/^[A-Z]{2}-\d{4}$/u, /^(north|south)(-\d+)?$/u, /^[^a-z\s]+$/u)
    .map((regex) => z.string().regex(regex)),
);
const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(tie('schema'), fc.nat(2), fc.nat(3)).map(([item, least, more]) =>
      z
        .array(item)
        .min(least)
        .max(least + more),
    ),
    fc
      .dictionary(fc.stringMatching(/^[a-z]{1,8}$/u), tie('schema'), { maxKeys: 4 })
      .map((shape) => z.strictObject(shape)),
    fc.tuple(tie('schema'), tie('schema')).map((pair) => z.union(pair)),
    tie('schema').map((inner) => inner.nullable()),
  ),
}));

describe('a value made up of a JSON schema', () => {
  test('is one that the schema takes', () => {
    fc.assert(
      fc.property(anySchema, fc.nat(), (schema, seed) => {
        const value = schemaInstance(z.toJSONSchema(schema), random(seed));
        const parsed = schema.safeParse(value);
        assert.ok(parsed.success, `${JSON.stringify(value)} of ${JSON.stringify(z.toJSONSchema(schema))}`);
      }),
      { numRuns: 300 },
    );
  });

  test('is the same for the same random numbers', () => {
    const schema = z.toJSONSchema(z.object({ a: z.array(z.string()), b: z.number() }));
    assert.deepEqual(schemaInstance(schema, random(1)), schemaInstance(schema, random(1)));
    assert.notDeepEqual(schemaInstance(schema, random(1)), schemaInstance(schema, random(2)));
  });

  test('of a schema that refers to itself ends', () => {
    const node = {
      type: 'object',
      properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      required: ['name', 'children'],
    };
    const tree: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(tree) }));
    for (let seed = 0; seed < 20; seed += 1) {
      tree.parse(schemaInstance({ $ref: '#/$defs/node', $defs: { node } }, random(seed)));
    }
  });

  test('of allOf has the properties of all parts', () => {
    const schema = {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { properties: { b: { type: 'integer' } }, required: ['b'] },
      ],
    };
    z.object({ a: z.string(), b: z.int() }).parse(schemaInstance(schema, random(3)));
  });

  test('is refused by what it cannot meet: a pattern, a reference to nothing, a schema without an end', () => {
    const hopeless = [
      { type: 'string', pattern: String.raw`^(?=a)b$` },
      { $ref: '#/$defs/nothing' },
      { type: 'object', properties: { self: { $ref: '#' } }, required: ['self'] },
    ];
    for (const schema of hopeless) {
      assert.throws(() => schemaInstance(schema, random(1)), UnmetSchema);
    }
  });
});

describe('a schema of anything', () => {
  const number = fc.oneof(fc.nat(5), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
  const pattern = fc.oneof(fc.string({ maxLength: 8 }), fc.stringMatching(/^[\\d()[\]{}*+?|^$a,9-]{0,10}$/u));
  const { schema: anything } = fc.letrec<{ schema: unknown }>((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.record(
        {
          type: fc.oneof(
            fc.constantFrom('object', 'array', 'string', 'integer', 'number', 'null', 'x'),
            fc.jsonValue(),
          ),
          properties: fc.dictionary(fc.string({ maxLength: 3 }), tie('schema'), { maxKeys: 3 }),
          required: fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }),
          items: tie('schema'),
          prefixItems: fc.array(tie('schema'), { maxLength: 2 }),
          anyOf: fc.array(tie('schema'), { maxLength: 2 }),
          allOf: fc.array(tie('schema'), { maxLength: 2 }),
          $ref: fc.constantFrom('#', '#/items', '#/properties/a', 'other'),
          enum: fc.array(fc.jsonValue(), { maxLength: 2 }),
          minItems: number,
          maxItems: number,
          minLength: number,
          maxLength: number,
          minimum: number,
          exclusiveMaximum: number,
          multipleOf: number,
          pattern,
          format: fc.constantFrom('date', 'email', 'none'),
        },
        { requiredKeys: [] },
      ),
    ),
  }));

  test('is met or refused, and never more than that', () => {
    fc.assert(
      fc.property(anything, fc.nat(), (schema, seed) => {
        try {
          JSON.stringify(schemaInstance(schema, random(seed)));
        } catch (error) {
          assert.ok(error instanceof UnmetSchema, String(error));
        }
        strictSchemaProblem(schema);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a text of a pattern', () => {
  const patterns = [
    '^\\d{4}-\\d{2}$',
    '[a-f0-9]{8}',
    '^(a|b|cd)+$',
    '^\\w+@\\w+\\.com$',
    '^[^\\d]{3}$',
    'x?y*z{2,}',
    '^a\\.b$',
  ];
  for (const pattern of patterns) {
    test(`of ${pattern} matches it`, () => {
      for (let seed = 0; seed < 50; seed += 1) {
        const text = patternText(pattern, { random: random(seed), minLength: 0, maxLength: 100 });
        assert.match(text ?? 'nothing was found', new RegExp(pattern, 'u'));
      }
    });
  }
});

describe('a schema to be used with strict', () => {
  test('has every property required and no others, at every level', () => {
    const inner = { type: 'object', properties: {}, additionalProperties: false };
    const good = {
      type: 'object',
      properties: { list: { type: 'array', items: inner }, any: { anyOf: [inner, { type: 'null' }] } },
      required: ['list', 'any'],
      additionalProperties: false,
    };
    assert.equal(strictSchemaProblem(good), undefined);
    const open = { ...inner, additionalProperties: true };
    const bad = { ...good, properties: { ...good.properties, any: { anyOf: [{ type: 'null' }, open] } } };
    assert.match(
      strictSchemaProblem(bad) ?? '',
      /In context=\('properties', 'any', 'anyOf', '1'\), 'additionalProperties'/u,
    );
  });
});
