import { app, type InvocationContext } from '@azure/functions';
import { AppError } from '../shared/errors.ts';
import { wakeLanes } from '../shared/pipeline/arm-lanes.ts';
import { sluice as names, spanNames } from '../shared/telemetry/names.ts';
import { compose } from './compose.ts';

/** Every ten seconds: while there is work, some lane is armed or running within 15 s of the last one's end (L1). */
app.timer('wake', {
  schedule: '*/10 * * * * *',
  handler: async (_timer, context) => wake(context),
});

async function wake(context: InvocationContext): Promise<void> {
  const { deps } = await compose();
  const span = deps.telemetry.startSpan(spanNames.wake, { kind: 'internal' });
  try {
    span.setFields({ [names.outcome]: await wakeLanes(deps, span.traceparent) });
    span.end();
  } catch (error) {
    if (!(error instanceof AppError && error.isRetryable)) {
      throw error;
    }
    // The next tick tries again.
    context.warn(`wake: ${error.code}: ${error.message}`);
    span.end({ errorType: error.code });
  }
}
