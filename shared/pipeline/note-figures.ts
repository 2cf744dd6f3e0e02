import type { JobDocument } from '../jobs/job-document.ts';
import type { JobFigures } from './check-job.ts';

/** The document with the figures of what is sent. */
export function noteFigures(document: JobDocument, figures: JobFigures): JobDocument {
  const { fitting: _earlier, ...rest } = document;
  const { pool, promptTokens, worstCaseTokens, fitting } = figures;
  return { ...rest, pool: pool.name, promptTokens, worstCaseTokens, ...(fitting === undefined ? {} : { fitting }) };
}
