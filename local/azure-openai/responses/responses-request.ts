import { type AnswerFormat, checkSchema, needJsonWord, plainText } from '../chat/answer-format.ts';
import type { ChatMessage } from '../chat/chat-messages.ts';
import type { ChatRequest } from '../chat/chat-request.ts';
import { unsupportedParameter } from '../chat/check-parameters.ts';
import type { ModelFacts } from '../model-facts.ts';
import { parseRequest, unknownParameter } from '../parse-request.ts';
import { invalidRequest, notCarried } from '../service-error.ts';
import { readInput, type ReadInput } from './read-input.ts';
import { readResponseTools } from './read-response-tools.ts';
import type { StoredResponse } from './response-store.ts';
import { knownResponsesFields, type ResponsesBody, responsesSchema, schemaTextFormat } from './responses-schema.ts';

/** What the simulator needs of a request to the Responses API. */
export interface ResponsesRequest {
  readonly operation: 'responses';
  /** The same question put to a chat completion: so it is counted, limited and answered. */
  readonly chat: ChatRequest;
  readonly body: ResponsesBody;
  readonly input: ReadInput;
  readonly isStored: boolean;
}

export function readResponsesRequest(
  sent: unknown,
  model: ModelFacts,
  findStored: (id: string) => StoredResponse | undefined,
): ResponsesRequest {
  const body = parseRequest(responsesSchema, sent);
  const unknown = Object.keys(body).find((field) => !knownResponsesFields.has(field));
  if (unknown !== undefined) {
    throw unknownParameter(unknown);
  }
  refuseUncarried(body);
  checkModel(body, model);
  const input = readInput(body.input, model.imageRule);
  const before = earlierTurns(body.previous_response_id ?? undefined, findStored);
  checkCalls(input, before.callIds);
  const instructions = typeof body.instructions === 'string' ? [instruction(body.instructions)] : [];
  const messages = [...instructions, ...before.turns, ...input.turns];
  return {
    operation: 'responses',
    chat: {
      operation: 'chat',
      promptParam: 'input',
      isTruncatable: body.truncation === 'auto',
      messages,
      maxTokens: body.max_output_tokens ?? undefined,
      choices: 1,
      isStreamed: body.stream ?? false,
      includesUsage: true,
      stops: [],
      tools: readResponseTools(body),
      format: readTextFormat(body, messages),
      topLogprobs: wantsLogprobs(body) ? (body.top_logprobs ?? 0) : undefined,
      seed: undefined,
    },
    body,
    input,
    isStored: body.store ?? true,
  };
}

function instruction(text: string): ChatMessage {
  return { role: 'developer', texts: [text], name: undefined, callsJson: undefined };
}

/** The turns of the responses that this one goes on from, without their instructions. */
function earlierTurns(
  previousId: string | undefined,
  findStored: (id: string) => StoredResponse | undefined,
): { readonly turns: readonly ChatMessage[]; readonly callIds: ReadonlySet<string> } {
  const chain: StoredResponse[] = [];
  let id = previousId;
  while (id !== undefined) {
    const stored = findStored(id);
    if (stored === undefined) {
      throw invalidRequest({
        message: `Previous response with id '${id}' not found.`,
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      });
    }
    chain.unshift(stored);
    id = stored.body.previous_response_id ?? undefined;
  }
  const calls =
    chain.at(-1)?.body.output.flatMap((item) => (item.type === 'function_call' ? [item.call_id] : [])) ?? [];
  return { turns: chain.flatMap(({ turns }) => turns), callIds: new Set(calls) };
}

/** Every result has its call, in the input or in the response before, and the other way round. */
function checkCalls({ callIds, outputIds }: ReadInput, before: ReadonlySet<string>): void {
  const calls = new Set([...callIds, ...before]);
  const lone = [...outputIds].find((id) => !calls.has(id));
  if (lone !== undefined) {
    throw invalidRequest({
      message: `No tool call found for function call output with call_id ${lone}.`,
      param: 'input',
      code: null,
    });
  }
  const open = [...calls].find((id) => !outputIds.has(id));
  if (open !== undefined) {
    throw invalidRequest({ message: `No tool output found for function call ${open}.`, param: 'input', code: null });
  }
}

function readTextFormat({ text }: ResponsesBody, messages: readonly ChatMessage[]): AnswerFormat {
  const format = text?.format ?? undefined;
  if (format === undefined || format.type === 'text') {
    return plainText;
  }
  if (format.type === 'json_object') {
    needJsonWord(messages, { container: 'input', format: "'text.format' of type 'json_object'" });
    return { kind: 'json-object' };
  }
  const given = parseRequest(schemaTextFormat, format, 'text.format');
  checkSchema(given, { param: 'text.format.schema', code: 'invalid_json_schema' });
  return { kind: 'json-schema', schema: given.schema };
}

function wantsLogprobs({ include, top_logprobs: top }: ResponsesBody): boolean {
  return include?.includes('message.output_text.logprobs') === true || (top ?? 0) > 0;
}

function checkModel(body: ResponsesBody, model: Pick<ModelFacts, 'reasoning' | 'maxOutputTokens'>): void {
  const effort = body.reasoning?.effort ?? undefined;
  if (model.reasoning === 'never' && effort !== undefined) {
    throw unsupportedParameter('reasoning.effort');
  }
  if (model.reasoning === 'always' || (effort !== undefined && effort !== 'none')) {
    const param = (['temperature', 'top_p'] as const).find((one) => (body[one] ?? 1) !== 1);
    if (param !== undefined) {
      throw unsupportedParameter(param);
    }
  }
  const asked = body.max_output_tokens ?? 0;
  if (asked > model.maxOutputTokens) {
    throw invalidRequest({
      message:
        `max_output_tokens is too large: ${asked}. This model supports at most ${model.maxOutputTokens} output tokens, ` +
        `whereas you provided ${asked}.`,
      param: 'max_output_tokens',
      code: 'invalid_value',
    });
  }
}

function refuseUncarried(body: ResponsesBody): void {
  if (body.background === true) {
    throw notCarried('background responses', 'background');
  }
  for (const [field, feature] of uncarriedFields) {
    if ((body[field] ?? null) !== null) {
      throw notCarried(feature, field);
    }
  }
}

const uncarriedFields = [
  ['conversation', 'conversations'],
  ['prompt', 'prompt templates'],
] as const;
