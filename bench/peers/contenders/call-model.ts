import { APIError, AzureOpenAI } from 'openai';
import type { TraceJob } from '../trace.ts';

/** Calls the model for a job. @throws APIError as the SDK does */
export type CallModel = (job: TraceJob, options: { readonly maxRetries: number }) => Promise<void>;

/** The SDK as every peer uses it; retries are each peer's own choice. */
export function modelCaller(input: { readonly endpoint: string; readonly apiKey: string }): CallModel {
  const client = new AzureOpenAI({ ...input, apiVersion: '2024-10-21', timeout: 270_000 });
  return async (job, { maxRetries }) => {
    const { messages, ...rest } = job.body;
    const headers = { 'x-ms-client-request-id': job.id };
    await client.chat.completions.create({ ...rest, messages: [...messages] }, { maxRetries, headers });
  };
}

/** How long a 429 asks to wait, in ms; undefined for any other fault. */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof APIError) || error.status !== 429) {
    return undefined;
  }
  const headers: unknown = error.headers;
  const header = (name: string): string | null => (headers instanceof Headers ? headers.get(name) : null);
  const exact = Number(header('retry-after-ms') ?? Number.NaN);
  const seconds = Number(header('retry-after') ?? 1);
  return Number.isFinite(exact) ? exact : seconds * 1000;
}

/**
 * Works on the items, `atOnce` at a time, in their order. One that fails does not hold up the rest.
 *
 * @throws AggregateError at the end, of all that failed: those jobs are lost
 */
export async function inHand<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const faults: unknown[] = [];
  const onAndOn = async (): Promise<void> => {
    for (const item of left) {
      await work(item).catch((error: unknown) => faults.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, onAndOn));
  if (faults.length > 0) {
    throw new AggregateError(faults, `${faults.length} jobs failed, the first with: ${String(faults[0])}`);
  }
}
