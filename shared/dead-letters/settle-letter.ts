import { type DeadLetterFacts, type DeadLetterVerdict, judgeDeadLetter } from '../jobs/judge-dead-letter.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import type { DeadLetterHead } from '../pools/job-queue.ts';
import type { Stored } from '../stored.ts';
import type { Span } from '../telemetry/telemetry.ts';
import { adoptLetter } from './adopt-letter.ts';
import { endDocument } from '../pipeline/dead-letter-invalid.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { inspectLetter, type Letter } from './inspect-letter.ts';
import { type ReadJob, readMessage } from '../pipeline/read-message.ts';
import { sendAgain } from '../pipeline/send-again.ts';

export type LetterDeps = Pick<
  PipelineDeps,
  'jobs' | 'queue' | 'payloads' | 'sha256' | 'yieldToEventLoop' | 'pools' | 'clock' | 'settings' | 'logFault'
>;

export interface QueuedLetter {
  readonly queue: string;
  readonly head: DeadLetterHead;
}

/** What a look at one message came to; `remove`: it stands for nothing any more, and what it led to is stored. */
export type LetterEnd =
  | { readonly kind: 'keep' | 'adopted' | 'gone' }
  | { readonly kind: 'remove'; readonly isSent: boolean };

/** Judges one message in a dead-letter queue, and does what has to be done before it may go. */
export async function settleLetter(deps: LetterDeps, where: QueuedLetter, span: Span): Promise<LetterEnd> {
  const letter = await inspectLetter(deps, where.queue, where.head);
  switch (letter.kind) {
    case 'gone':
      return { kind: 'gone' };
    case 'no-job':
      return { kind: 'keep' };
    case 'unreadable':
      return endUnreadable(deps, letter);
    case 'job':
      return settleJob(deps, where, { letter, span });
  }
}

type JobLetter = Extract<Letter, { readonly kind: 'job' }>;

async function settleJob(
  deps: LetterDeps,
  where: QueuedLetter,
  { letter, span }: { readonly letter: JobLetter; readonly span: Span },
): Promise<LetterEnd> {
  const { id, job } = letter;
  const stored = await deps.jobs.read(id);
  const verdict = verdictOn(where.head, letter, stored);
  switch (verdict) {
    case 'keep':
      return { kind: 'keep' };
    case 'remove':
      if (stored === undefined) {
        // Its document has lapsed: nothing else leads to its payloads any more.
        await deps.payloads.removeOf(id);
      }
      return { kind: 'remove', isSent: false };
    case 'adopt': {
      const isAdopted = job !== undefined && (await adoptLetter(deps, { head: where.head, job, stored }));
      return { kind: isAdopted ? 'adopted' : 'keep' };
    }
    case 'send-then-remove': {
      const fallback = async (): Promise<ReadJob | undefined> => job ?? jobOf(deps, where);
      const isSent = stored !== undefined && (await sendAgain(deps, { document: stored.document, span, fallback }));
      return isSent ? { kind: 'remove', isSent } : { kind: 'keep' };
    }
  }
}

/** What is to be done with a job's message, as its document stands. */
export function verdictOn(
  head: DeadLetterHead,
  { by, job }: JobLetter,
  stored: Stored<JobDocument> | undefined,
): DeadLetterVerdict {
  const { epoch, sequenceNumber } = head;
  const facts: DeadLetterFacts = { by, epoch, sequenceNumber, digest: job?.digest };
  return judgeDeadLetter(facts, stored?.document);
}

async function jobOf(deps: LetterDeps, { queue, head }: QueuedLetter): Promise<ReadJob | undefined> {
  const letter = await deps.queue.readDeadLetter(queue, head.sequenceNumber);
  const read = letter === undefined ? undefined : await readMessage(deps, letter);
  return read?.kind === 'job' ? read.job : undefined;
}

/** Its request is lost, so it can neither run nor be replayed; its document says so. */
async function endUnreadable(
  deps: LetterDeps,
  { id, digest }: { readonly id: string; readonly digest: string },
): Promise<LetterEnd> {
  const description =
    'The message was dead-lettered, and the stored request that it names is not there or not readable.';
  const why = { reason: 'InvalidJob', description, figures: { path: 'requestRef' } } as const;
  const document = await endDocument(deps, { id, digest, why });
  return document === 'erased' ? { kind: 'remove', isSent: false } : { kind: 'keep' };
}
