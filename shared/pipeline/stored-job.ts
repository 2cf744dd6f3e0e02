import type { JobDocument } from '../jobs/job-document.ts';
import { parseJobEnvelope } from '../jobs/job-envelope.ts';
import { parseJson } from '../tokens/json-guards.ts';
import type { PipelineDeps } from './deps.ts';
import { digestOf, largestRequest, type ReadJob } from './read-message.ts';

/**
 * A job as its document and its stored request have it, without a message; `undefined` when its request is not stored, or
 * not readable. Its options are on the document of a dead letter alone, so the digest has to be looked at.
 */
export async function storedJob(
  deps: Pick<PipelineDeps, 'payloads' | 'sha256'>,
  document: JobDocument,
): Promise<ReadJob | undefined> {
  const { id, customId, batchId, tenant, options, requestRef } = document;
  if (requestRef === undefined) {
    return undefined;
  }
  const stored = await deps.payloads.get(requestRef, largestRequest);
  const request = stored.kind === 'found' ? parseJson(stored.text) : undefined;
  const parsed = parseJobEnvelope({ id, customId, batchId, tenant, options, request });
  if (parsed.kind === 'invalid') {
    return undefined;
  }
  const { envelope } = parsed;
  return { id, envelope, digest: digestOf(deps.sha256, envelope), requestRef };
}
