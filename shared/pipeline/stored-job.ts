import type { JobDocument } from '../jobs/job-document.ts';
import { parseJobEnvelope } from '../jobs/job-envelope.ts';
import { largestRequest } from '../jobs/read-body.ts';
import { readJson } from '../json/read-json.ts';
import type { PipelineDeps } from './deps.ts';
import { digestOf, type ReadJob } from './read-message.ts';

/**
 * A job as its document and its stored request have it, without a message; `undefined` when its request is not stored, or
 * not readable. Its options are on the document of a dead letter alone, so the digest has to be looked at.
 */
export async function storedJob(
  deps: Pick<PipelineDeps, 'payloads' | 'sha256' | 'yieldToEventLoop'>,
  document: JobDocument,
): Promise<ReadJob | undefined> {
  const { id, customId, batchId, tenant, options, requestRef } = document;
  if (requestRef === undefined) {
    return undefined;
  }
  const stored = await deps.payloads.get(requestRef, largestRequest);
  const read = stored.kind === 'found' ? await readJson(stored.text, deps.yieldToEventLoop) : undefined;
  if (read?.kind !== 'read') {
    return undefined;
  }
  const parsed = parseJobEnvelope({ id, customId, batchId, tenant, options, request: read.value });
  if (parsed.kind === 'invalid') {
    return undefined;
  }
  const { envelope } = parsed;
  return { id, envelope, digest: await digestOf(deps, envelope), requestRef };
}
