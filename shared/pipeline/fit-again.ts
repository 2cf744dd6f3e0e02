import type { JobEnvelope } from '../jobs/job-envelope.ts';
import type { CallOutcome } from '../models/call-outcome.ts';
import { correctCount } from '../models/correct-count.ts';
import { requestedOutputTokens } from '../tokens/estimate-cost.ts';
import { checkJob, type JobFigures } from './check-job.ts';
import type { PipelineDeps } from './deps.ts';

/** Not about tokens: one text has more characters than the service takes, and it would still have them. */
const textTooLong = 'string_above_max_length';

/**
 * The service refused a request for its length although it fitted by our count. Made to fit again, with the count
 * corrected by what the service says, when the job asks for trimming or for less output; once, as a request that was
 * corrected already carries its correction. Undefined when the refusal stands: nothing more could be left out.
 */
export async function fitAgain(
  deps: Pick<PipelineDeps, 'pools' | 'catalogue' | 'counter' | 'yieldToEventLoop'>,
  refused: {
    readonly envelope: Pick<JobEnvelope, 'request' | 'options'>;
    /** What was sent. */
    readonly sent: JobFigures;
    readonly outcome: CallOutcome;
  },
): Promise<JobFigures | undefined> {
  const { envelope, sent, outcome } = refused;
  if (outcome.kind !== 'refused' || outcome.reason !== 'ContextLengthExceeded' || outcome.code === textTooLong) {
    return undefined;
  }
  const onOverflow = envelope.options?.onOverflow ?? 'dead-letter';
  if (onOverflow === 'dead-letter' || sent.fitting?.correction !== undefined) {
    return undefined;
  }
  const correction = correctCount({
    details: outcome.details,
    promptTokens: sent.promptTokens,
    outputTokens: requestedOutputTokens(sent.request.body) ?? 0,
    model: sent.model,
  });
  const check = await checkJob(deps, envelope, { correction });
  return check.kind === 'runnable' && isLess(check, sent) ? check : undefined;
}

function isLess(figures: JobFigures, than: JobFigures): boolean {
  return (
    figures.promptTokens < than.promptTokens ||
    (requestedOutputTokens(figures.request.body) ?? 0) < (requestedOutputTokens(than.request.body) ?? 0)
  );
}
