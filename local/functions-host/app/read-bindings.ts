import { z } from 'zod';
import type { FunctionMetadata } from './worker-contract.ts';

/** A registered function with its trigger read; other trigger kinds are refused. */
export type TriggeredFunction =
  | { readonly kind: 'httpTrigger'; readonly name: string; readonly binding: HttpBinding }
  | { readonly kind: 'timerTrigger'; readonly name: string; readonly binding: TimerBinding }
  | { readonly kind: 'serviceBusTrigger'; readonly name: string; readonly binding: QueueBinding };

const httpBinding = z.object({
  name: z.string(),
  authLevel: z.enum(['anonymous', 'function', 'admin']),
  methods: z.array(z.string().transform((method) => method.toUpperCase())),
  route: z.string().optional(),
});
export type HttpBinding = z.infer<typeof httpBinding>;

const timerBinding = z.object({
  name: z.string(),
  schedule: z.string(),
  runOnStartup: z.boolean().default(false),
  useMonitor: z.boolean().optional(),
});
export type TimerBinding = z.infer<typeof timerBinding>;

const queueBinding = z.object({
  name: z.string(),
  connection: z.string(),
  queueName: z.string({ error: 'topics are not carried, only queues' }),
  autoCompleteMessages: z.boolean().optional(),
  cardinality: z.enum(['one', 'many']).default('one'),
  isSessionsEnabled: z.boolean().default(false),
  properties: z
    .object({ supportsDeferredBinding: z.literal('false', { error: 'sdkBinding is not carried' }) })
    .optional(),
  dataType: z.undefined({ error: 'dataType is not carried' }).optional(),
});
export type QueueBinding = z.infer<typeof queueBinding>;

const anyBinding = z.looseObject({ type: z.string(), direction: z.string() });

/** @throws naming the function and the binding type or option that this host does not carry. */
export function readBindings(metadata: FunctionMetadata): TriggeredFunction {
  const { name, bindings } = metadata;
  let triggered: TriggeredFunction | undefined;
  for (const value of Object.values(bindings)) {
    const binding = anyBinding.parse(value);
    if (/trigger$/iu.test(binding.type)) {
      triggered = readTrigger(name, binding);
    } else if (binding.direction !== 'out' || binding.type !== 'http') {
      throw new Error(`Function "${name}": the binding "${binding.type}" (${binding.direction}) is not carried.`);
    }
  }
  if (triggered === undefined) {
    throw new Error(`Function "${name}" has no trigger.`);
  }
  if (Reflect.get(metadata, 'retryOptions') !== undefined) {
    throw new Error(`Function "${name}": retry policies are not carried by this host.`);
  }
  return triggered;
}

function readTrigger(name: string, binding: z.infer<typeof anyBinding>): TriggeredFunction {
  switch (binding.type) {
    case 'httpTrigger':
      return { kind: 'httpTrigger', name, binding: read(httpBinding, binding, name) };
    case 'timerTrigger':
      return { kind: 'timerTrigger', name, binding: read(timerBinding, binding, name) };
    case 'serviceBusTrigger':
      return { kind: 'serviceBusTrigger', name, binding: read(queueBinding, binding, name) };
    default:
      throw new Error(
        `Function "${name}": the trigger "${binding.type}" is not carried; httpTrigger, timerTrigger and serviceBusTrigger are.`,
      );
  }
}

function read<Binding>(schema: z.ZodType<Binding>, binding: { readonly type: string }, name: string): Binding {
  const parsed = schema.safeParse(binding);
  if (!parsed.success) {
    throw new Error(`Function "${name}": its ${binding.type} cannot be served:\n${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}
