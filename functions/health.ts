import { app, type HttpResponseInit } from '@azure/functions';
import { AppError } from '../shared/errors.ts';
import { checkHealth } from '../shared/pipeline/check-health.ts';
import { compose } from './compose.ts';
import { json, problem } from './problem.ts';

app.http('health', {
  methods: ['GET'],
  authLevel: 'anonymous',
  route: 'health',
  handler: async () => health(),
});

/** Open to all, so it names parts and states, and no address, count or setting. */
async function health(): Promise<HttpResponseInit> {
  try {
    const { deps } = await compose();
    const report = await checkHealth(deps);
    return json(report.isHealthy ? 200 : 503, report);
  } catch (error) {
    if (error instanceof AppError) {
      return problem(503, {
        code: error.code,
        title: 'The app cannot start',
        detail: 'Its log says which setting is wrong.',
      });
    }
    throw error;
  }
}
