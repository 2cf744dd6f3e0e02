import type { TestContext } from 'node:test';
import {
  azureOpenAiModelClient,
  type AzureOpenAiModelClient,
  type AzureOpenAiSettings,
} from '../../../shared/models/azure-openai-model-client.ts';
import { modelCatalogue } from '../../../shared/models/model-catalogue.ts';
import type { ModelRequest } from '../../../shared/models/model-client.ts';
import { tokenizerTokenCounter } from '../../../shared/tokens/tokenizer-token-counter.ts';
import { type ScriptedModelServer, startScriptedModelServer } from './scripted-model-server.ts';

export interface ModelClientRig {
  readonly server: ScriptedModelServer;
  readonly client: AzureOpenAiModelClient;
}

/** A scripted server and the real client on it, ended with the test. Region `one` is classic, `two` is v1. */
export async function modelClientRig(
  context: TestContext,
  answer: Parameters<typeof startScriptedModelServer>[0],
  settings: Partial<AzureOpenAiSettings> = {},
): Promise<ModelClientRig> {
  const server = await startScriptedModelServer(answer);
  const client = clientOf(server.endpoint, settings);
  context.after(async () => {
    await client.close();
    await server.stop();
  });
  return { server, client };
}

export function clientOf(endpoint: string, settings: Partial<AzureOpenAiSettings> = {}): AzureOpenAiModelClient {
  const region = { endpoint, apiKey: 'key-1', apiVersion: '2024-10-21' };
  return azureOpenAiModelClient(
    {
      regions: [
        { ...region, name: 'one', path: 'classic' },
        { ...region, name: 'two', path: 'v1' },
      ],
      scope: 'https://cognitiveservices.azure.com/.default',
      firstContentTimeoutMs: undefined,
      idleTimeoutMs: 30_000,
      connections: 8,
      ...settings,
    },
    { tokenCounter: tokenizerTokenCounter(), catalogue: modelCatalogue(), yieldToEventLoop: async () => undefined },
  );
}

export function chatRequest(more: Partial<ModelRequest> = {}): ModelRequest {
  return {
    region: 'one',
    deployment: 'gpt-4o-prod',
    operation: 'chat',
    body: { model: 'gpt-4o', messages: [{ role: 'user', content: 'hello world' }] },
    isStreamed: false,
    clientRequestId: 'job-1.1',
    timeoutMs: 30_000,
    ...more,
  };
}

export function never(): AbortSignal {
  return new AbortController().signal;
}
