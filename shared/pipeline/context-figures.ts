import type { JsonObject } from '../json.ts';
import { largestParts } from '../models/fit-prompt.ts';
import { countPrompt } from '../tokens/count-prompt.ts';
import { requestedOutputTokens } from '../tokens/estimate-cost.ts';
import { countedWindows, type JobFigures } from './check-job.ts';
import type { PipelineDeps } from './deps.ts';
import { tellPart } from './describe-misfit.ts';

/** Our own figures of a request that the service found too long: what it says of them itself goes over these. */
export async function contextFigures(
  deps: Pick<PipelineDeps, 'counter' | 'yieldToEventLoop'>,
  { request, model, promptTokens }: JobFigures,
): Promise<JsonObject> {
  const count = await countPrompt(request.body, {
    operation: model.operation,
    counter: deps.counter,
    encoding: model.encoding,
    imageRule: model.imageRule,
    yieldToEventLoop: deps.yieldToEventLoop,
    stopAboveTokens: model.contextTokens * countedWindows,
  });
  const largestMessages = count.kind === 'malformed' ? [] : largestParts(count).map(tellPart);
  return { promptTokens, outputTokens: requestedOutputTokens(request.body) ?? 0, largestMessages };
}
