import type { Operation } from '../models/model-client.ts';

/**
 * Every name that telemetry carries, in one place: the GenAI names are still in development and will move.
 *
 * Sources: `gen_ai.*` as in open-telemetry/semantic-conventions-genai (status Development); `messaging.*`,
 * `azure.servicebus.*`, `error.type`, `server.*` and `http.*` as in OpenTelemetry semantic conventions 1.45.0.
 * `sluice.*` is ours.
 */
export const spanNames = {
  /** One job from delivery to settlement (CONSUMER, child of the submitter, linked to its pump). */
  job: 'job',
  /** The send of one job's message (PRODUCER). */
  send: 'send',
  /** Waiting for the reserved start of a call. */
  wait: 'wait for quota',
  /** One lane's run. */
  pump: 'pump',
  submit: 'submit',
  read: 'read',
  cancel: 'cancel',
  wake: 'wake',
  replay: 'replay',
  purge: 'purge',
  erase: 'erase',
  /** A look through the dead-letter queues. */
  sweep: 'sweep',
  /** A pool paused or resumed. */
  switch: 'switch',
  health: 'health',
} as const;

/** `chat gpt-4o`: semantic conventions name a model call's span after its operation and model. */
export function modelCallSpanName(operation: Operation, model: string): string {
  return `${operation} ${model}`;
}

/** Spans of one function invocation: the Functions host writes the request row for those itself. */
export const invocationSpans: ReadonlySet<string> = new Set([
  spanNames.pump,
  spanNames.submit,
  spanNames.read,
  spanNames.cancel,
  spanNames.wake,
  spanNames.replay,
  spanNames.purge,
  spanNames.erase,
  spanNames.sweep,
  spanNames.switch,
  spanNames.health,
]);

export const eventNames = {
  /** One per model call that was answered with a completion. */
  aiCompletion: 'ai_completion',
  /** One per model call that ended in any other way. */
  aiCompletionError: 'ai_completion_error',
  /** How one bucket stands, once a minute while a pump runs. */
  quota: 'quota',
  /** A pump that met an outage and postponed its ticket. */
  pumpError: 'pump_error',
  /** A deployment's breaker changed its state; told by the process that changed it. */
  breaker: 'breaker',
  /** An operator paused or resumed a pool, or all. */
  poolSwitch: 'pool_switch',
} as const;

export const genAi = {
  operationName: 'gen_ai.operation.name',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestStream: 'gen_ai.request.stream',
  responseModel: 'gen_ai.response.model',
  responseId: 'gen_ai.response.id',
  responseFinishReasons: 'gen_ai.response.finish_reasons',
  /** Seconds. */
  responseTimeToFirstChunk: 'gen_ai.response.time_to_first_chunk',
  usageInputTokens: 'gen_ai.usage.input_tokens',
  usageOutputTokens: 'gen_ai.usage.output_tokens',
  usageCacheReadInputTokens: 'gen_ai.usage.cache_read.input_tokens',
  usageReasoningOutputTokens: 'gen_ai.usage.reasoning.output_tokens',
  /** Metric: histogram in seconds, bucket bounds 0.01, 0.02, 0.04 … 81.92. */
  clientOperationDuration: 'gen_ai.client.operation.duration',
  /** Metric: histogram in tokens. */
  clientTokenUsage: 'gen_ai.client.token.usage',
} as const;

export const messaging = {
  systemName: 'messaging.system.name',
  operationName: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destinationName: 'messaging.destination.name',
  messageId: 'messaging.message.id',
  deliveryCount: 'azure.servicebus.message.delivery_count',
  dispositionStatus: 'azure.servicebus.disposition_status',
} as const;

/** The value of `gen_ai.provider.name` for Azure OpenAI. */
export const azureOpenAi = 'azure.ai.openai';

/** The value of `messaging.system.name` for Service Bus. */
export const serviceBus = 'azure.servicebus';

/** Stable names of the general conventions. */
export const general = {
  errorType: 'error.type',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  httpRequestMethod: 'http.request.method',
  httpResponseStatusCode: 'http.response.status_code',
  serviceName: 'service.name',
  serviceVersion: 'service.version',
} as const;

export const sluice = {
  jobId: 'sluice.job.id',
  batchId: 'sluice.batch.id',
  tenant: 'sluice.tenant',
  pool: 'sluice.pool',
  region: 'sluice.region',
  deployment: 'sluice.deployment',
  bucket: 'sluice.bucket',
  lane: 'sluice.lane',
  generation: 'sluice.lane.generation',
  attempt: 'sluice.attempt',
  epoch: 'sluice.epoch',
  priority: 'sluice.priority',
  /** Milliseconds from submission, or from the due time of a parked job, to delivery. */
  waitQueueMs: 'sluice.wait.queue_ms',
  /** Milliseconds from the reservation to the start that it gave. */
  waitQuotaMs: 'sluice.wait.quota_ms',
  /** What a job was expected to wait when it was submitted, and how much later than expected it started first, in ms. */
  expectedWaitMs: 'sluice.start.expected_wait_ms',
  startErrorMs: 'sluice.start.error_ms',
  /** What was done with the message: `complete`, `park`, `dead-letter`. */
  settlement: 'sluice.settlement',
  /** The job's state, or a call's outcome kind. */
  outcome: 'sluice.outcome',
  /** A dead-letter reason code. */
  reason: 'sluice.reason',
  errorCode: 'sluice.error.code',
  retryAfterMs: 'sluice.retry_after_ms',
  requestId: 'sluice.model.request_id',
  reservedTokens: 'sluice.reserved_tokens',
  costUsd: 'sluice.cost_usd',
  /** Limits in force: tokens a minute, requests a request window. */
  quotaLimitTokens: 'sluice.quota.limit_tokens',
  quotaLimitRequests: 'sluice.quota.limit_requests',
  quotaConfiguredTokens: 'sluice.quota.configured_tokens',
  /** Tokens of a window that the service counts and our own reservations do not explain. */
  quotaOthersTokens: 'sluice.quota.others_tokens',
  /** Admitted in the last window ÷ limit in force. */
  quotaLoad: 'sluice.quota.load',
  /** How far ahead of now the bucket is reserved. */
  quotaHorizonMs: 'sluice.quota.horizon_ms',
  /** How long nothing may start after a 429. */
  quotaThrottledMs: 'sluice.quota.throttled_ms',
  /** (What the service counted − what was estimated) ÷ what was estimated. */
  quotaEstimateError: 'sluice.quota.estimate_error',
  /** The form of the service's token window that explains its answers best: `sliding` or `fixed`. */
  quotaWindow: 'sluice.quota.window',
  /** The most that this worker's time is wrong, and how far the machine's clock is from the service's. */
  clockErrorMs: 'sluice.clock.error_ms',
  clockSkewMs: 'sluice.clock.skew_ms',
  /** A breaker's state before and after: `closed`, `open`, `half-open`, `misconfigured`. */
  breakerBefore: 'sluice.breaker.before',
  breakerState: 'sluice.breaker.state',
  /** Openings in a row. */
  breakerOpenings: 'sluice.breaker.openings',
  /** How long until the deployment may be tried, in ms. */
  breakerOpenMs: 'sluice.breaker.open_ms',
  /** `paused` or `resumed`. */
  switchState: 'sluice.switch.state',
  jobsPulled: 'sluice.pump.jobs_pulled',
  jobsEnded: 'sluice.pump.jobs_ended',
  /** Of a sweep: dead-lettered messages that were judged, jobs that became dead letters by it, messages sent and removed. */
  lettersJudged: 'sluice.sweep.judged',
  lettersAdopted: 'sluice.sweep.adopted',
  lettersSent: 'sluice.sweep.sent',
  lettersRemoved: 'sluice.sweep.removed',
} as const;
