import { app, type InvocationContext } from '@azure/functions';
import { AppError } from '../shared/errors.ts';
import { deadLetterSweeper, type Sweeper } from '../shared/dead-letters/dead-letter-sweeper.ts';
import { sluice as names, spanNames } from '../shared/telemetry/names.ts';
import { compose } from './compose.ts';

/** Every half minute: what the broker dead-lettered becomes a dead letter, and what stands for nothing any more goes. */
app.timer('sweep', {
  schedule: '15,45 * * * * *',
  handler: async (_timer, context) => sweep(context),
});

let sweeper: Sweeper | undefined;

async function sweep(context: InvocationContext): Promise<void> {
  const { deps } = await compose();
  sweeper ??= deadLetterSweeper(deps);
  const span = deps.telemetry.startSpan(spanNames.sweep, { kind: 'internal' });
  try {
    const { judged, adopted, sent, removed } = await sweeper.sweep(span);
    span.setFields({
      [names.lettersJudged]: judged,
      [names.lettersAdopted]: adopted,
      [names.lettersSent]: sent,
      [names.lettersRemoved]: removed,
    });
    span.end();
  } catch (error) {
    if (!(error instanceof AppError && error.isRetryable)) {
      throw error;
    }
    // The next tick goes on.
    context.warn(`sweep: ${error.code}: ${error.message}`);
    span.end({ errorType: error.code });
  }
}
