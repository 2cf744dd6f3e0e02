import type { JsonObject } from '../json.ts';
import { AppError } from '../errors.ts';
import { writeJson } from '../json/write-json.ts';
import type { YieldToEventLoop } from '../share-event-loop.ts';
import { isDeeperThan, jsonAt, isJsonObject } from '../tokens/json-guards.ts';
import { MAX_BODY_DEPTH } from '../tokens/read-prompt.ts';
import type { TokenCounter } from '../tokens/token-counter.ts';
import { callEnd } from './azure-openai-call-end.ts';
import type { AzureOpenAiConnections, AzureOpenAiRegion, ConnectionSettings } from './azure-openai-connection.ts';
import { classifyCallError } from './azure-openai-error.ts';
import { readModelResponse, type ReadResponse } from './azure-openai-response.ts';
import type { CallOutcome, CallVerdict } from './call-outcome.ts';
import { estimateUsage } from './estimate-usage.ts';
import type { ModelCatalogue } from './model-catalogue.ts';
import type { ModelClient, ModelRequest } from './model-client.ts';
import { readRateLimit, type HeaderReader } from './read-rate-limit.ts';

export interface AzureOpenAiSettings extends ConnectionSettings {
  readonly regions: readonly AzureOpenAiRegion[];
  /** A stream that has brought no content for so long has failed; the call's own time-out when undefined. */
  readonly firstContentTimeoutMs: number | undefined;
  /** One that sends no byte for so long after that has stalled. */
  readonly idleTimeoutMs: number;
}

export interface AzureOpenAiDeps {
  /** Counts usage where a stream was sent without it. */
  readonly tokenCounter: TokenCounter;
  readonly catalogue: ModelCatalogue;
  /** Requests of megabytes are written, and long answers counted, in turns of the event loop. */
  readonly yieldToEventLoop: YieldToEventLoop;
}

/** The port, and the end of its connections. */
export interface AzureOpenAiModelClient extends ModelClient {
  readonly close: () => Promise<void>;
}

/**
 * Calls Azure OpenAI once a call: the SDK's retries are off. What comes back, errors and broken streams included, is an
 * outcome; only a mistake of the caller (an unknown region) is thrown.
 *
 * @throws AppError `models.unknown_region`, `models.invalid_deployment`
 */
export function azureOpenAiModelClient(settings: AzureOpenAiSettings, deps: AzureOpenAiDeps): AzureOpenAiModelClient {
  const regions = new Map(settings.regions.map((region) => [region.name, region]));
  let connecting: Promise<AzureOpenAiConnections> | undefined;
  return {
    prepare: async () => {
      connecting ??= connect(settings);
      await connecting;
    },
    call: async (request, signal) => {
      const region = regions.get(request.region);
      if (region === undefined) {
        throw new AppError(
          'models.unknown_region',
          `A call to region ${request.region} was tried, which REGIONS does not configure.`,
        );
      }
      connecting ??= connect(settings);
      const { yieldToEventLoop } = deps;
      const read = await callOnce({
        request,
        region,
        signal,
        connections: await connecting,
        settings,
        yieldToEventLoop,
      });
      return withCountedUsage(read, request, deps);
    },
    close: async () => {
      await (await connecting)?.close();
    },
  };
}

/** Brings the SDK and its HTTP client, at the first call and not before. */
async function connect(settings: ConnectionSettings): Promise<AzureOpenAiConnections> {
  const { azureOpenAiConnections } = await import('./azure-openai-connection.ts');
  return azureOpenAiConnections(settings);
}

interface OneCall {
  readonly request: ModelRequest;
  readonly region: AzureOpenAiRegion;
  readonly signal: AbortSignal;
  readonly connections: AzureOpenAiConnections;
  readonly settings: AzureOpenAiSettings;
  readonly yieldToEventLoop: YieldToEventLoop;
}

async function callOnce(call: OneCall): Promise<CallOutcome> {
  const { request, region, signal, connections, settings } = call;
  const startedMs = performance.now();
  const outcome = (verdict: CallVerdict, seen: Partial<ReadResponse>): CallOutcome => ({
    ...verdict,
    status: seen.status,
    requestId: seen.header?.('apim-request-id') ?? seen.header?.('x-request-id') ?? undefined,
    latencyMs: performance.now() - startedMs,
    timeToFirstChunkMs: seen.firstContentMs === undefined ? undefined : seen.firstContentMs - startedMs,
    rateLimit: readRateLimit(seen.header ?? noHeader),
  });
  if (isDeeperThan(request.body, MAX_BODY_DEPTH)) {
    const message = `The request body is nested more than ${MAX_BODY_DEPTH} deep.`;
    return outcome({ kind: 'refused', reason: 'InvalidRequest', code: 'body_too_deep', message, details: {} }, {});
  }
  const firstContentTimeoutMs = request.isStreamed ? settings.firstContentTimeoutMs : undefined;
  const { idleTimeoutMs } = settings;
  const end = callEnd({ signal, timeoutMs: request.timeoutMs, firstContentTimeoutMs, idleTimeoutMs });
  try {
    const response = await connections.to(region).post({
      deployment: request.deployment,
      route: request.operation === 'chat' ? '/chat/completions' : '/embeddings',
      body: (await writeJson({ ...bodyToSend(request), model: request.deployment }, call.yieldToEventLoop)).text,
      clientRequestId: request.clientRequestId,
      timeoutMs: request.timeoutMs,
      signal: end.signal,
    });
    const read = await readModelResponse(response, request, end);
    return outcome(read.verdict, read);
  } catch (error) {
    const classified = classifyCallError(error, request, end.cause());
    return outcome(classified.verdict, classified);
  } finally {
    end.dispose();
  }
}

/** The job's body, but for streaming: that is the caller's choice, and usage is asked for. */
function bodyToSend(request: ModelRequest): JsonObject {
  const { stream: _stream, stream_options: streamOptions, ...body } = request.body;
  if (!request.isStreamed || request.operation !== 'chat') {
    return body;
  }
  const options = isJsonObject(streamOptions) ? streamOptions : {};
  return { ...body, stream: true, stream_options: { ...options, include_usage: true } };
}

async function withCountedUsage(
  outcome: CallOutcome,
  request: ModelRequest,
  { tokenCounter, catalogue, yieldToEventLoop }: AzureOpenAiDeps,
): Promise<CallOutcome> {
  if (outcome.kind !== 'completed' || !outcome.completion.usage.isEstimated) {
    return outcome;
  }
  const model = outcome.completion.responseModel ?? jsonAt(request.body, 'model');
  const listed = typeof model === 'string' ? catalogue.find(model) : undefined;
  const usage = await estimateUsage(
    { operation: request.operation, request: request.body, response: outcome.completion.body },
    {
      counter: tokenCounter,
      encoding: listed?.encoding ?? (request.operation === 'chat' ? 'o200k_base' : 'cl100k_base'),
      yieldToEventLoop,
    },
  );
  return { ...outcome, completion: { ...outcome.completion, usage } };
}

const noHeader: HeaderReader = () => undefined;
