import type { ChatBody } from './chat-schema.ts';
import type { ModelFacts } from '../model-facts.ts';
import { invalidRequest, type ServiceError } from '../service-error.ts';

/** Throws for parameters that each are well formed, and not for this model or not with the others. */
export function checkParameters(request: ChatBody, model: Pick<ModelFacts, 'reasoning'>): void {
  if ((request.stream_options ?? null) !== null && request.stream !== true) {
    throw onlyAllowed('stream_options', 'stream');
  }
  if ((request.top_logprobs ?? null) !== null && request.logprobs !== true) {
    throw onlyAllowed('top_logprobs', 'logprobs');
  }
  const { reasoning_effort: effort } = request;
  if (model.reasoning === 'never') {
    if ((effort ?? null) !== null) {
      throw invalidRequest({
        message: 'Unrecognized request argument supplied: reasoning_effort',
        param: null,
        code: null,
      });
    }
    return;
  }
  if (model.reasoning === 'always' && effort === 'none') {
    throw unsupportedValue({ param: 'reasoning_effort', value: `'none'`, supported: "'low', 'medium', and 'high'" });
  }
  if (model.reasoning === 'always' || (effort ?? 'none') !== 'none') {
    checkSampling(request);
  }
  if (model.reasoning === 'always' && (request.stop ?? null) !== null) {
    throw unsupportedParameter('stop');
  }
}

/** A reasoning model samples as it likes (OpenAI's guide to reasoning; Azure OpenAI's page on reasoning models). */
function checkSampling(request: ChatBody): void {
  for (const param of ['temperature', 'top_p'] as const) {
    const value = request[param] ?? 1;
    if (value !== 1) {
      throw invalidRequest({
        message:
          `Unsupported value: '${param}' does not support ${value} with this model. ` +
          'Only the default (1) value is supported.',
        param,
        code: 'unsupported_value',
      });
    }
  }
  for (const param of ['presence_penalty', 'frequency_penalty'] as const) {
    if ((request[param] ?? 0) !== 0) {
      throw unsupportedParameter(param);
    }
  }
  if (request.logprobs === true) {
    throw unsupportedParameter('logprobs');
  }
  if ((request.logit_bias ?? null) !== null) {
    throw unsupportedParameter('logit_bias');
  }
}

export function readMaxTokens(
  request: Pick<ChatBody, 'max_tokens' | 'max_completion_tokens'>,
  model: Pick<ModelFacts, 'maxOutputTokens' | 'reasoning'>,
): number | undefined {
  const old = request.max_tokens ?? undefined;
  const current = request.max_completion_tokens ?? undefined;
  if (old !== undefined && current !== undefined) {
    throw invalidRequest({
      message: "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      param: 'max_tokens',
      code: 'invalid_parameter_combination',
    });
  }
  if (old !== undefined && model.reasoning !== 'never') {
    throw invalidRequest({
      message:
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      param: 'max_tokens',
      code: 'unsupported_parameter',
    });
  }
  const asked = current ?? old;
  if (asked !== undefined && asked > model.maxOutputTokens) {
    const param = current === undefined ? 'max_tokens' : 'max_completion_tokens';
    throw invalidRequest({
      message:
        `${param} is too large: ${asked}. This model supports at most ${model.maxOutputTokens} completion tokens, ` +
        `whereas you provided ${asked}.`,
      param,
      code: 'invalid_value',
    });
  }
  return asked;
}

export function unsupportedParameter(param: string): ServiceError {
  return invalidRequest({
    message: `Unsupported parameter: '${param}' is not supported with this model.`,
    param,
    code: 'unsupported_parameter',
  });
}

function unsupportedValue(facts: {
  readonly param: string;
  readonly value: string;
  readonly supported: string;
}): ServiceError {
  const { param, supported, value } = facts;
  return invalidRequest({
    message: `Unsupported value: '${param}' does not support ${value} with this model. Supported values are: ${supported}.`,
    param,
    code: 'unsupported_value',
  });
}

function onlyAllowed(param: string, other: string): ServiceError {
  return invalidRequest({
    message: `The '${param}' parameter is only allowed when '${other}' is enabled.`,
    param,
    code: null,
  });
}
