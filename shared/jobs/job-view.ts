import type { JsonObject } from '../json.ts';
import { fittingView } from './fitting-view.ts';
import type { JobDocument } from './job-document.ts';

/**
 * A job as `GET /api/jobs/{id}` shows it, without the model's answer; `expectedStartAt` is what is expected now (epoch ms) of
 * one that waits.
 */
export function jobView(
  document: JobDocument,
  { expectedStartAt }: { readonly expectedStartAt?: number | undefined },
): JsonObject {
  const { createdAt, startedAt, endedAt, dueAt, deadline } = document;
  return defined({
    id: document.id,
    status: document.state,
    pool: document.pool,
    model: document.model,
    customId: document.customId,
    batchId: document.batchId,
    tenant: document.tenant,
    createdAt,
    startedAt,
    endedAt,
    dueAt,
    expectedStartAt,
    deadline,
    epoch: document.epoch,
    promptTokens: document.promptTokens,
    worstCaseTokens: document.worstCaseTokens,
    fitting: document.fitting === undefined ? undefined : fittingView(document.fitting),
    attemptCount: document.attemptCount,
    attempts: document.attempts?.map((attempt) => defined(attempt)),
    reason: document.reason,
    description: document.description,
    figures: document.figures,
    replays: document.replays?.map((replay) => defined(replay)),
    region: document.region,
    deployment: document.deployment,
    requestId: document.requestId,
    finishReason: document.finishReason,
    usage: document.usage,
    costUsd: document.costUsd,
    metadata: document.metadata,
  });
}

type Defined = { readonly [key: string]: JsonObject[string] | undefined };

function defined(fields: Defined): JsonObject {
  const entries: [string, JsonObject[string]][] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) {
      entries.push([key, value]);
    }
  }
  return Object.fromEntries(entries);
}
