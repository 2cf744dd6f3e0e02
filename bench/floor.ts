/**
 * The floor: the `openai` SDK called in a loop, nothing around it. Run by `bench/overhead.ts` as a process of its own;
 * prints one JSON line when it is done.
 */
import { AzureOpenAI } from 'openai';
import { z } from 'zod';
import { jobText } from './jobs.ts';

const inputSchema = z.object({
  endpoint: z.url(),
  apiKey: z.string(),
  model: z.string(),
  calls: z.int().positive(),
  warmUp: z.int().nonnegative(),
  concurrency: z.int().positive(),
  bytes: z.int().positive(),
  maxTokens: z.int().positive(),
});

const bodySchema = z.object({
  request: z.object({
    body: z.object({
      model: z.string(),
      max_tokens: z.number(),
      messages: z.array(z.object({ role: z.literal('user'), content: z.string() })),
    }),
  }),
});

const input = inputSchema.parse(JSON.parse(process.argv[2] ?? '{}'));
const client = new AzureOpenAI({
  endpoint: input.endpoint,
  apiKey: input.apiKey,
  apiVersion: '2024-10-21',
  deployment: input.model,
  maxRetries: 0,
});

let next = 0;
let done = 0;
let warm: { readonly at: number; readonly cpu: NodeJS.CpuUsage } | undefined;

async function callOnAndOn(): Promise<void> {
  while (next < input.calls + input.warmUp) {
    next += 1;
    const job: unknown = JSON.parse(jobText({ ...input, prefix: 'floor', number: next }));
    await client.chat.completions.create(bodySchema.parse(job).request.body);
    done += 1;
    if (done >= input.warmUp) {
      warm ??= { at: performance.now(), cpu: process.cpuUsage() };
    }
  }
}

await Promise.all(Array.from({ length: input.concurrency }, callOnAndOn));
const used = process.cpuUsage(warm?.cpu);
const seconds = (performance.now() - (warm?.at ?? 0)) / 1000;
const cpuMsPerCall = (used.user + used.system) / 1000 / input.calls;
console.log(JSON.stringify({ cpuMsPerCall, callsPerSecond: input.calls / seconds }));
