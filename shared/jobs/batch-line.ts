import type { JsonObject } from '../json.ts';
import { withField } from '../json/with-field.ts';
import { fittingView } from './fitting-view.ts';
import type { JobDocument } from './job-document.ts';

/**
 * One line of a batch's output, in the shape of OpenAI's batch output files: `response` for an answer of the model,
 * `error` for an end without one (its code is the dead-letter reason, or the state). Beside them, on a job that was made to
 * fit its model's window, `fitting`: what was left out. `result` and the line are JSON.
 */
export function batchLine(document: JobDocument, result: string | undefined): string {
  const { fitting } = document;
  const line: JsonObject = {
    id: `batch_req_${document.id}`,
    custom_id: document.customId ?? document.id,
    ...(fitting === undefined ? {} : { fitting: fittingView(fitting) }),
  };
  if (document.state === 'completed' && result !== undefined) {
    const response = withField({ status_code: 200, request_id: document.requestId ?? '' }, 'body', result);
    return withField({ ...line, error: null }, 'response', response);
  }
  if (document.state === 'completed') {
    const message = 'The job is completed, but its stored result is not there any more.';
    return JSON.stringify({ ...line, response: null, error: { code: 'ResultMissing', message } });
  }
  const code = document.reason ?? document.state;
  const message = document.description ?? `The job is ${document.state}.`;
  return JSON.stringify({ ...line, response: null, error: { code, message } });
}
