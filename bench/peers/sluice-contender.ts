import { join } from 'node:path';
import { localApiKey } from '../../local/stack-layout.ts';
import { type StackProcess, startStackProcess } from '../../local/start-processes.ts';
import { startApp } from '../app-under-test.ts';
import { putOnQueue } from '../put-on-queue.ts';
import type { Ground, StartedContender } from './contender.ts';
import { field } from './field.ts';
import { startTogether } from './start-together.ts';
import { makeTrace, type TraceJob } from './trace.ts';

/**
 * Sluice as it is deployed: the built app in several processes, its settings at their defaults. The stack (Service Bus,
 * Cosmos DB, storage) is a process of its own and, as Redis is, no part of the contender's CPU; the model is the
 * run's endpoint. Jobs are put straight onto the queue, as another service would, and the wake timer finds them.
 */
export async function startSluice(ground: Ground): Promise<StartedContender> {
  const { folder, onLog, signal } = ground;
  const { model, region, requestsPerMinute, tokensPerMinute } = field;
  const stack = await startStackProcess(
    {
      folder: join(folder, 'stack'),
      ports: { serviceBus: 0, cosmos: 0, blob: 0, azureOpenAiAdmin: 0, regions: { [region]: 0 } },
      models: [
        {
          name: model,
          tokensPerMinute: { [region]: tokensPerMinute },
          requestsPerMinute: { [region]: requestsPerMinute },
        },
      ],
      lockMs: 60_000,
    },
    onLog,
    signal,
  );
  const environment = environmentOf(stack, ground);
  try {
    const apps = await startTogether(
      Array.from({ length: field.processes }, async () => {
        const { child } = await startApp({ app: ground.app, environment, onLog });
        return child;
      }),
    );
    return {
      pids: apps.map(({ pid }) => pid),
      begin: async () => putOnQueue(stack, makeTrace(ground.trace).map(jobOf), signal),
      stop: async () => {
        await Promise.all(apps.map(async (app) => app.stop()));
        await stack.child.stop();
      },
    };
  } catch (error) {
    await stack.child.stop();
    throw error;
  }
}

/** The stack's own, but that the region is the run's endpoint. */
function environmentOf(stack: StackProcess, { endpoint }: Ground): Readonly<Record<string, string>> {
  const { model, region, requestsPerMinute, requestWindowSeconds, tokensPerMinute } = field;
  const deployment = { name: model, model, tokensPerMinute, requestsPerMinute, requestWindowSeconds };
  const regions = [{ name: region, endpoint, apiKey: localApiKey, deployments: [deployment] }];
  return { ...stack.environment, REGIONS: JSON.stringify(regions) };
}

function jobOf({ body, id }: TraceJob): { readonly id: string; readonly text: string } {
  return { id, text: JSON.stringify({ id, request: { method: 'POST', url: '/v1/chat/completions', body } }) };
}
