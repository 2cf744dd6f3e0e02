import { canonicalJson } from '../jobs/canonical-json.ts';
import { type JobEnvelope, parseJobEnvelope, type Problem } from '../jobs/job-envelope.ts';
import { type JobMessage, parseJobMessage } from '../jobs/job-message.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { PipelineDeps } from './deps.ts';

/** Largest stored request that is read back, in bytes: what one submit call may hold. */
const largestRequest = 16 * 1024 * 1024;

export interface ReadJob {
  readonly id: string;
  readonly envelope: JobEnvelope;
  readonly digest: string;
  /** Where the request is stored, when it is. */
  readonly requestRef: string | undefined;
}

export type ReadMessage =
  | { readonly kind: 'job'; readonly job: ReadJob }
  | { readonly kind: 'invalid'; readonly id: string | undefined; readonly problems: readonly Problem[] };

/** Reads a message into a job, fetching a stored request. */
export async function readMessage(
  deps: Pick<PipelineDeps, 'payloads' | 'sha256'>,
  message: Pick<ReceivedMessage, 'body' | 'messageId' | 'batchId'>,
): Promise<ReadMessage> {
  const parsed = parseJobMessage(message);
  return parsed.kind === 'invalid' ? parsed : fetchRequest(deps, parsed.message);
}

async function fetchRequest(
  deps: Pick<PipelineDeps, 'payloads' | 'sha256'>,
  message: JobMessage,
): Promise<ReadMessage> {
  if (message.kind === 'inline') {
    const digest = digestOf(deps.sha256, message.envelope);
    return { kind: 'job', job: { id: message.id, envelope: message.envelope, digest, requestRef: undefined } };
  }
  const { id, requestRef, digest } = message;
  const stored = await deps.payloads.get(requestRef, largestRequest);
  if (stored.kind !== 'found') {
    return { kind: 'invalid', id, problems: [{ path: 'requestRef', message: 'the stored request is not there' }] };
  }
  const envelope = parseJobEnvelope({ ...message.envelope, request: parseJson(stored.text) });
  return envelope.kind === 'valid'
    ? { kind: 'job', job: { id, envelope: envelope.envelope, digest, requestRef } }
    : { kind: 'invalid', id, problems: envelope.problems };
}

/** Two jobs are the same when their requests and options are, whatever the order of keys. */
export function digestOf(sha256: (text: string) => string, envelope: Pick<JobEnvelope, 'request' | 'options'>): string {
  return sha256(canonicalJson({ request: envelope.request, options: envelope.options ?? {} }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
