import { type JobEnvelope, parseJobEnvelope, type Problem } from '../jobs/job-envelope.ts';
import { type JobMessage, parseJobMessage } from '../jobs/job-message.ts';
import { largestRequest, readBody } from '../jobs/read-body.ts';
import { isJobId } from '../jobs/job-id.ts';
import { readJson } from '../json/read-json.ts';
import { writeJson } from '../json/write-json.ts';
import type { ReceivedMessage } from '../pools/job-queue.ts';
import type { PipelineDeps } from './deps.ts';

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

type ReadDeps = Pick<PipelineDeps, 'payloads' | 'sha256' | 'yieldToEventLoop'>;

/** Reads a message into a job, fetching a stored request. However large it is, others have their turns in between. */
export async function readMessage(
  deps: ReadDeps,
  message: Pick<ReceivedMessage, 'body' | 'messageId' | 'batchId'>,
): Promise<ReadMessage> {
  const { body, messageId, batchId } = message;
  const read = await readBody(body, deps.yieldToEventLoop);
  if (read.kind === 'invalid') {
    return { kind: 'invalid', id: isJobId(messageId) ? messageId : undefined, problems: read.problems };
  }
  const parsed = parseJobMessage({ body: read.value, messageId, batchId });
  return parsed.kind === 'invalid' ? parsed : fetchRequest(deps, parsed.message);
}

async function fetchRequest(deps: ReadDeps, message: JobMessage): Promise<ReadMessage> {
  if (message.kind === 'inline') {
    const digest = await digestOf(deps, message.envelope);
    return { kind: 'job', job: { id: message.id, envelope: message.envelope, digest, requestRef: undefined } };
  }
  const { id, requestRef, digest } = message;
  const stored = await deps.payloads.get(requestRef, largestRequest);
  if (stored.kind !== 'found') {
    const what = stored.kind === 'missing' ? 'the stored request is not there' : 'the stored request is too large';
    return { kind: 'invalid', id, digest, problems: [{ path: 'requestRef', message: what }] };
  }
  const request = await readJson(stored.text, deps.yieldToEventLoop);
  if (request.kind === 'invalid') {
    return { kind: 'invalid', id, digest, problems: request.problems.map(inRequest) };
  }
  const envelope = parseJobEnvelope({ ...message.envelope, request: request.value });
  if (envelope.kind === 'invalid') {
    return { kind: 'invalid', id, digest, problems: envelope.problems };
  }
  if ((await digestOf(deps, envelope.envelope)) !== digest) {
    return { kind: 'invalid', id, problems: [{ path: 'digest', message: 'is not that of the stored request' }] };
  }
  return { kind: 'job', job: { id, envelope: envelope.envelope, digest, requestRef } };
}

function inRequest({ path, message }: Problem): Problem {
  return { path: path === '' || path.startsWith('[') ? `request${path}` : `request.${path}`, message };
}

/** What joining and hashing cost, in µs a byte; they are done in one go, 16 MB in some 50 ms. */
const hashUsPerByte = 0.003;

/** Two jobs are the same when their requests and options are, whatever the order of keys. */
export async function digestOf(
  deps: Pick<PipelineDeps, 'sha256' | 'yieldToEventLoop'>,
  envelope: Pick<JobEnvelope, 'request' | 'options'>,
): Promise<string> {
  const job = { request: envelope.request, options: envelope.options ?? {} };
  const { text, bytes } = await writeJson(job, deps.yieldToEventLoop, { isSorted: true });
  await deps.yieldToEventLoop(bytes * hashUsPerByte);
  return deps.sha256(text);
}
