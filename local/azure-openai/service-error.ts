export type Operation = 'chat' | 'responses' | 'embeddings';

/** What the service answers instead of a completion. Thrown inside the simulator, sent as it is at its edge. */
export class ServiceError extends Error {
  readonly status: number;
  /** Short name for counters and the call log. */
  readonly code: string;
  readonly body: unknown;

  constructor(status: number, code: string, message: string, body: unknown) {
    super(message);
    this.name = 'ServiceError';
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

/** The form of errors made by the model's own front: `type`, `param` and a worded `code`. */
export function invalidRequest(problem: {
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
}): ServiceError {
  const { message, param, code } = problem;
  const error = { message, type: 'invalid_request_error', param, code };
  return new ServiceError(400, code ?? 'invalid_request_error', message, { error });
}

/** For what the real service has and the simulator has not. */
export function notCarried(feature: string, param: string | null = null): ServiceError {
  return invalidRequest({
    message: `The local Azure OpenAI does not carry ${feature}. It carries chat completions, responses, embeddings and models.`,
    param,
    code: 'not_carried',
  });
}

/** The form of errors made by the gateway in front of the model: a `code` and a `message`. */
export function gatewayError(status: number, code: string, message: string): ServiceError {
  return new ServiceError(status, code, message, { error: { code, message } });
}

export function accessDenied(): ServiceError {
  return gatewayError(
    401,
    '401',
    'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an ' +
      'active subscription and use a correct regional API endpoint for your resource.',
  );
}

export function resourceNotFound(): ServiceError {
  return gatewayError(404, '404', 'Resource not found');
}

export function deploymentNotFound(): ServiceError {
  return gatewayError(
    404,
    'DeploymentNotFound',
    'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, ' +
      'please wait a moment and try again.',
  );
}

const operationNames: Readonly<Record<Operation, string>> = {
  chat: 'ChatCompletions_Create',
  responses: 'Responses_Create',
  embeddings: 'Embeddings_Create',
};

/** 429 of our own quota. */
export function quotaExceeded(facts: {
  readonly operation: Operation;
  readonly apiVersion: string;
  readonly by: 'tokens' | 'requests';
  /** Undefined: not told. */
  readonly retryAfterSeconds: number | undefined;
}): ServiceError {
  const operation = operationNames[facts.operation];
  const rate = facts.by === 'tokens' ? 'token rate limit' : 'call rate limit';
  const wait = facts.retryAfterSeconds === undefined ? '' : ` Please retry after ${facts.retryAfterSeconds} seconds.`;
  return gatewayError(
    429,
    '429',
    `Requests to the ${operation} Operation under Azure OpenAI API version ${facts.apiVersion} have exceeded ${rate} ` +
      `of your current OpenAI S0 pricing tier.${wait} Please go here: ` +
      'https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.',
  );
}

/** 400 when the prompt, or the prompt and the completion asked for, exceed the model's window. */
export function contextLengthExceeded(facts: {
  readonly contextWindow: number;
  readonly messageTokens: number;
  readonly completionTokens: number | undefined;
  readonly promptParam: 'messages' | 'input';
}): ServiceError {
  const { contextWindow, messageTokens, completionTokens, promptParam } = facts;
  if (promptParam === 'input') {
    return invalidRequest({
      message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
      param: 'input',
      code: 'context_length_exceeded',
    });
  }
  const rest =
    completionTokens === undefined
      ? `However, your messages resulted in ${messageTokens} tokens. Please reduce the length of the messages.`
      : `However, you requested ${messageTokens + completionTokens} tokens (${messageTokens} in the messages, ` +
        `${completionTokens} in the completion). Please reduce the length of the messages or completion.`;
  return invalidRequest({
    message: `This model's maximum context length is ${contextWindow} tokens. ${rest}`,
    param: 'messages',
    code: 'context_length_exceeded',
  });
}

/** 400 when an input to be embedded is too long. */
export function inputTooLong(facts: { readonly contextWindow: number; readonly tokens: number }): ServiceError {
  return invalidRequest({
    message:
      `This model's maximum context length is ${facts.contextWindow} tokens, however you requested ${facts.tokens} ` +
      `tokens (${facts.tokens} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.`,
    param: null,
    code: null,
  });
}

/** 400 when the prompt itself is filtered. */
export function promptFiltered(contentFilterResult: Readonly<Record<string, unknown>>): ServiceError {
  const error = {
    message:
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify " +
      'your prompt and retry. To learn more about our content filtering policies please read our documentation: ' +
      'https://go.microsoft.com/fwlink/?linkid=2198766',
    type: null,
    param: 'prompt',
    code: 'content_filter',
    status: 400,
    innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: contentFilterResult },
  };
  return new ServiceError(400, 'content_filter', error.message, { error });
}
