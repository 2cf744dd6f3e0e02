import { canonicalJson } from '../jobs/canonical-json.ts';
import { type JobEnvelope, parseJobEnvelope, type Problem } from '../jobs/job-envelope.ts';
import { type JobMessage, parseJobMessage } from '../jobs/job-message.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { PipelineDeps } from './deps.ts';

/** Largest stored request that is read back, in bytes: what one submit call may hold. */
export const largestRequest = 16 * 1024 * 1024;

export interface ReadJob {
  readonly id: string;
  readonly envelope: JobEnvelope;
  readonly digest: string;
  /** Where the request is stored, when it is. */
  readonly requestRef: string | undefined;
}

export type ReadMessage =
  | { readonly kind: 'job'; readonly job: ReadJob }
  | {
      readonly kind: 'invalid';
      readonly id: string | undefined;
      readonly problems: readonly Problem[];
      /** Of a job whose stored request cannot be read back: its document, if there is one, ends with the message. */
      readonly digest?: string;
    };

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
    const what = stored.kind === 'missing' ? 'the stored request is not there' : 'the stored request is too large';
    return { kind: 'invalid', id, digest, problems: [{ path: 'requestRef', message: what }] };
  }
  const envelope = parseJobEnvelope({ ...message.envelope, request: parseJson(stored.text) });
  if (envelope.kind === 'invalid') {
    return { kind: 'invalid', id, digest, problems: envelope.problems };
  }
  if (digestOf(deps.sha256, envelope.envelope) !== digest) {
    return { kind: 'invalid', id, problems: [{ path: 'digest', message: 'is not that of the stored request' }] };
  }
  return { kind: 'job', job: { id, envelope: envelope.envelope, digest, requestRef } };
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
