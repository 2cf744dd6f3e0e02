import type { JobEnvelope, Problem } from '../jobs/job-envelope.ts';
import { toMessageText } from '../jobs/job-message.ts';
import { largestRequest } from '../jobs/read-body.ts';
import { writeJson } from '../json/write-json.ts';
import { requestName } from '../payloads/payload-name.ts';
import { utf8Length } from '../tokens/utf8-length.ts';
import type { PipelineDeps } from './deps.ts';

/** Larger messages go to a blob: a queue takes 256 KB, properties included. In bytes of UTF-8. */
const largestInline = 192 * 1024;

export type WrittenMessage =
  /** `stored`: the request, when it is too large for a message; it is stored before the message is sent. */
  | {
      readonly kind: 'written';
      readonly text: string;
      readonly stored: { readonly name: string; readonly text: string } | undefined;
    }
  /** A pump could not read it back: the job would be accepted and never end. */
  | { readonly kind: 'too-large'; readonly problem: Problem };

/** The text of a job's message, with its request inside or stored. As JSON a request may be longer than its sender wrote it. */
export async function writeMessage(
  deps: Pick<PipelineDeps, 'yieldToEventLoop'>,
  job: { readonly id: string; readonly envelope: JobEnvelope; readonly digest: string },
): Promise<WrittenMessage> {
  const request = await writeJson(job.envelope.request, deps.yieldToEventLoop);
  if (request.bytes <= largestInline) {
    const text = toMessageText({ ...job, request: { written: request.text } });
    if (utf8Length(text) <= largestInline) {
      return { kind: 'written', text, stored: undefined };
    }
  }
  if (request.bytes > largestRequest) {
    const message = `is larger than ${largestRequest} bytes when it is written as JSON`;
    return { kind: 'too-large', problem: { path: 'request', message } };
  }
  const stored = { name: requestName(job.id, job.digest), text: request.text };
  return { kind: 'written', text: toMessageText({ ...job, request: { ref: stored.name } }), stored };
}
