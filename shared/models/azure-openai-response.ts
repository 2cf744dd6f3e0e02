import type { Json } from '../json.ts';
import { isJsonArray, isJsonObject, jsonAt, parseJson } from '../tokens/json-guards.ts';
import { requestedAnswers } from '../tokens/estimate-cost.ts';
import { streamAssembly, type StreamAssembly } from './assemble-stream.ts';
import type { CallEnd } from './azure-openai-call-end.ts';
import { endVerdict, networkCode } from './azure-openai-error.ts';
import type { CallVerdict } from './call-outcome.ts';
import { classifyErrorEvent, classifyResponse } from './classify-response.ts';
import type { ModelRequest } from './model-client.ts';
import { eventReader, type StreamEvent } from './read-events.ts';
import type { HeaderReader } from './read-rate-limit.ts';

export interface ReadResponse {
  readonly verdict: CallVerdict;
  readonly status: number;
  readonly header: HeaderReader;
  /** `performance.now()` of the first chunk with content; undefined when there was none, or no stream. */
  readonly firstContentMs: number | undefined;
}

/** How long the end of a stream may take after `[DONE]`; reading on to it keeps the connection for the next call. */
const DONE_TO_END_MS = 1000;

/**
 * Reads an answer with a success status to its end. The body is parsed here and not by the SDK, so that it is kept as it
 * came, whatever its content type says. A stream is one when the answer says so, not when it was asked for.
 */
export async function readModelResponse(
  response: Response,
  request: ModelRequest,
  end: CallEnd,
): Promise<ReadResponse> {
  const header: HeaderReader = (name) => response.headers.get(name);
  const seen = { status: response.status, header };
  if (header('content-type')?.includes('text/event-stream') === true && response.body !== null) {
    return { ...seen, ...(await readStream(response.body, { request, end, header })) };
  }
  const text = await response.text();
  const body = parseJson(text) ?? text;
  const verdict = classifyResponse({ ...seen, body, operation: request.operation });
  const kept =
    verdict.kind === 'completed'
      ? { ...verdict, completion: { ...verdict.completion, text: onOneLine(text) } }
      : verdict;
  return { ...seen, verdict: kept, firstContentMs: undefined };
}

/** It becomes part of a line of results. In the texts of JSON there are no line breaks, only between its values. */
function onOneLine(json: string): string {
  return /[\r\n]/u.test(json) ? json.replaceAll(/[\r\n]+/gu, ' ') : json;
}

interface StreamRead {
  readonly verdict: CallVerdict;
  readonly firstContentMs: number | undefined;
}

interface StreamContext {
  readonly request: ModelRequest;
  readonly end: CallEnd;
  readonly header: HeaderReader;
}

async function readStream(stream: AsyncIterable<Uint8Array>, context: StreamContext): Promise<StreamRead> {
  const { request, end } = context;
  const assembly = streamAssembly(requestedAnswers(request.body));
  const progress = streamProgress(assembly);
  const events = eventReader();
  const decoder = new TextDecoder();
  let broken: string | undefined;
  try {
    for await (const bytes of stream) {
      for (const event of events.feed(decoder.decode(bytes, { stream: true }))) {
        progress.take(event);
      }
      if (progress.isDone()) {
        end.endWithin(DONE_TO_END_MS);
      } else if (progress.firstContentMs() !== undefined) {
        end.stillAlive();
      }
    }
  } catch (error) {
    broken = networkCode(error);
  }
  return {
    verdict: progress.verdict() ?? streamVerdict(assembly, broken, context),
    firstContentMs: progress.firstContentMs(),
  };
}

/** An answer that is complete counts, though the stream was cut after it: asking again would be paid twice. */
function streamVerdict(assembly: StreamAssembly, broken: string | undefined, context: StreamContext): CallVerdict {
  const { request, end, header } = context;
  const endedBy = end.cause();
  if (assembly.isComplete() && endedBy !== 'caller') {
    return classifyResponse({ status: 200, header, body: assembly.body(), operation: request.operation });
  }
  if (endedBy !== undefined) {
    return endVerdict(endedBy, request);
  }
  const how = broken === undefined ? 'ended' : `was cut (${broken})`;
  return {
    kind: 'failed',
    code: 'stream_cut',
    message: `The stream from region ${request.region} ${how} before the answer was complete.`,
  };
}

interface StreamProgress {
  readonly take: (event: StreamEvent) => void;
  readonly isDone: () => boolean;
  /** Set by an error event, or by an event that makes no sense: the first one decides. */
  readonly verdict: () => CallVerdict | undefined;
  readonly firstContentMs: () => number | undefined;
}

function streamProgress(assembly: StreamAssembly): StreamProgress {
  let isDone = false;
  let verdict: CallVerdict | undefined;
  let firstContentMs: number | undefined;
  return {
    take: (event) => {
      if (isDone || verdict !== undefined) {
        return;
      }
      if (event.data.trim() === '[DONE]') {
        isDone = true;
        return;
      }
      const chunk = parseJson(event.data);
      verdict = eventFault(event, chunk);
      if (verdict === undefined && chunk !== undefined && assembly.accept(chunk)) {
        firstContentMs ??= performance.now();
      }
    },
    isDone: () => isDone || verdict !== undefined,
    verdict: () => verdict,
    firstContentMs: () => firstContentMs,
  };
}

function eventFault(event: StreamEvent, chunk: Json | undefined): CallVerdict | undefined {
  const isError = event.name === 'error' || isJsonObject(jsonAt(chunk, 'error'));
  if (isError && !isJsonArray(jsonAt(chunk, 'choices'))) {
    return classifyErrorEvent(chunk ?? event.data);
  }
  if (isJsonObject(chunk)) {
    return undefined;
  }
  return {
    kind: 'failed',
    code: 'invalid_stream',
    message: 'The service sent an event that is no chunk of a completion.',
  };
}
