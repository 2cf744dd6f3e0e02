import { z } from 'zod';
import { limiterFaces } from './azure-openai/admin/face-schemas.ts';
import type { StackLayout } from './stack-layout.ts';

const numbers = z.record(z.string(), z.number());
const port = z.int().min(0).max(65_535);

const model = z
  .strictObject({
    name: z.string(),
    tokensPerMinute: numbers,
    requestsPerMinute: numbers,
    faces: limiterFaces.optional(),
    facesByRegion: z.record(z.string(), limiterFaces).optional(),
  })
  .superRefine(({ facesByRegion = {}, tokensPerMinute }, context) => {
    for (const region of Object.keys(facesByRegion)) {
      if (tokensPerMinute[region] === undefined) {
        const message = 'the model has no tokensPerMinute in this region';
        context.addIssue({ code: 'custom', path: ['facesByRegion', region], message });
      }
    }
  });

const milliseconds = z.int().positive();

const queue = z.strictObject({
  name: z.string().min(1),
  lockDurationMs: milliseconds.optional(),
  maxDeliveryCount: z.int().positive().optional(),
  duplicateDetectionWindowMs: milliseconds.optional(),
  defaultMessageTtlMs: milliseconds.optional(),
  deadLetterOnExpiration: z.boolean().optional(),
  requiresSession: z.boolean().optional(),
  maxMessageBytes: z.int().positive().optional(),
  maxSizeBytes: z.int().positive().optional(),
});

const container = z
  .strictObject({
    id: z.string().min(1),
    partitionKeyPath: z.string().startsWith('/'),
    defaultTtlSeconds: z.int().optional(),
    indexedPaths: z.array(z.string().startsWith('/')).optional(),
  })
  .transform(({ defaultTtlSeconds, indexedPaths, ...given }) => ({
    ...given,
    ...(defaultTtlSeconds === undefined ? {} : { defaultTtlSeconds }),
    ...(indexedPaths === undefined ? {} : { indexedPaths }),
  }));

const layoutSchema = z.strictObject({
  ports: z
    .strictObject({
      serviceBus: port,
      cosmos: port,
      blob: port,
      azureOpenAiAdmin: port,
      regions: z.record(z.string(), port),
    })
    .optional(),
  models: z.array(model).min(1).optional(),
  latency: z
    .union([
      z.literal('instant'),
      z.strictObject({
        firstTokenMs: z.number(),
        tokensPerSecond: z.number(),
        tailProbability: z.number(),
        tailFactor: z.number(),
      }),
    ])
    .optional(),
  seed: z.int().optional(),
  lockMs: milliseconds.optional(),
  queues: z.array(queue).optional(),
  databases: z.array(z.strictObject({ id: z.string().min(1), containers: z.array(container) })).optional(),
});

/**
 * Changes to a layout as a command line carries them: JSON of any of `StackLayout`'s fields but the folder.
 *
 * @throws with every problem by its path
 */
export function readLayoutChanges(text: string): Partial<Omit<StackLayout, 'folder'>> {
  const parsed = layoutSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new Error(`--layout cannot be used:\n${z.prettifyError(parsed.error)}`);
  }
  const { ports, models, latency, seed, lockMs, queues, databases } = parsed.data;
  return {
    ...(ports === undefined ? {} : { ports }),
    ...(models === undefined ? {} : { models }),
    ...(latency === undefined ? {} : { latency }),
    ...(seed === undefined ? {} : { seed }),
    ...(lockMs === undefined ? {} : { lockMs }),
    ...(queues === undefined ? {} : { queues }),
    ...(databases === undefined ? {} : { databases }),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error('--layout takes JSON; docs/stack.md has its fields.', { cause });
  }
}
