import type { DeadLetterReason } from '../jobs/dead-letter-reason.ts';
import type { DeadLetterListing } from '../jobs/dead-letter-selection.ts';
import type { JobDocument } from '../jobs/job-document.ts';
import type { PipelineDeps } from '../pipeline/deps.ts';
import { type LonePage, loneMessages } from './lone-messages.ts';
import { ofDeadLetters } from './select-dead-letters.ts';

export interface DeadLetterPage {
  /** Of all that the filter means, on any page. */
  readonly byReason: Partial<Record<DeadLetterReason, number>>;
  readonly documents: readonly JobDocument[];
  readonly next: string | undefined;
  readonly lone: LonePage;
}

/** Dead letters with their counts, and the messages that no document stands for; each in pages of their own. */
export async function listDeadLetters(
  deps: Pick<PipelineDeps, 'queue' | 'jobs' | 'payloads' | 'sha256' | 'yieldToEventLoop' | 'pools'>,
  listing: DeadLetterListing,
): Promise<DeadLetterPage> {
  const { limit, after, messagesAfter } = listing;
  const filter = ofDeadLetters(listing.filter);
  const [byReason, page, lone] = await Promise.all([
    deps.jobs.countByReason(filter),
    deps.jobs.list(filter, { size: limit, after }),
    loneMessages(deps, { filter: listing.filter, limit, after: messagesAfter }),
  ]);
  return { byReason, documents: page.documents, next: page.next, lone };
}
