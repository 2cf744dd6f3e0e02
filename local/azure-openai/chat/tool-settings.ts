import { z } from 'zod';

import { type ChatBody, functionSchema } from './chat-schema.ts';
import { strictSchemaProblem } from '../json/strict-schema-problem.ts';
import { parseRequest } from '../parse-request.ts';
import { invalidRequest, notCarried, type ServiceError } from '../service-error.ts';

/** A function that the model may call. */
export interface ToolFunction {
  readonly name: string;
  /** JSON schema of its arguments; undefined: it takes none. */
  readonly parameters: unknown;
}

export type ToolChoice =
  | { readonly kind: 'none' | 'auto' | 'required' }
  | { readonly kind: 'named'; readonly name: string };

export interface ToolSettings {
  readonly functions: readonly ToolFunction[];
  readonly choice: ToolChoice;
  readonly isParallel: boolean;
  /** Given as `functions`: a call is answered as `function_call`. */
  readonly isLegacy: boolean;
  /** The definitions as JSON: they take tokens of the prompt. */
  readonly json: string | undefined;
}

export const noTools: ToolSettings = {
  functions: [],
  choice: { kind: 'none' },
  isParallel: false,
  isLegacy: false,
  json: undefined,
};

type ToolFields = Pick<ChatBody, 'tools' | 'tool_choice' | 'parallel_tool_calls' | 'functions' | 'function_call'>;

export function readToolSettings(request: ToolFields): ToolSettings {
  const tools = request.tools ?? undefined;
  const functions = request.functions ?? undefined;
  if (tools === undefined && functions === undefined) {
    throw onlyWithTools(request);
  }
  if (tools === undefined) {
    const choice = readChoice(request.function_call ?? 'auto', { param: 'function_call', functions: functions ?? [] });
    return {
      functions: (functions ?? []).map(toFunction),
      choice,
      isParallel: false,
      isLegacy: true,
      json: jsonOf(functions),
    };
  }
  const read = tools.map((tool, index) => readTool(tool, index));
  const choice = readChoice(request.tool_choice ?? 'auto', { param: 'tool_choice', functions: read });
  return {
    functions: read,
    choice,
    isParallel: request.parallel_tool_calls ?? true,
    isLegacy: false,
    json: jsonOf(tools),
  };
}

function onlyWithTools(request: ToolFields): ServiceError {
  const isSent = (field: unknown): boolean => (field ?? null) !== null;
  const sent = (['tool_choice', 'function_call'] as const).find((field) => isSent(request[field]));
  const param = sent ?? 'parallel_tool_calls';
  const other = param === 'function_call' ? 'functions' : 'tools';
  return invalidRequest({
    message: `Invalid value for '${param}': '${param}' is only allowed when '${other}' are specified.`,
    param,
    code: null,
  });
}

const functionTool = z.looseObject({ type: z.literal('function'), function: functionSchema });

function readTool(tool: { readonly type: string }, index: number): ToolFunction {
  if (tool.type === 'custom') {
    throw notCarried('custom tools', `tools[${index}].type`);
  }
  const { function: definition } = parseRequest(functionTool, tool, `tools[${index}]`);
  if (definition.strict === true) {
    const problem = strictSchemaProblem(definition.parameters ?? {});
    if (problem !== undefined) {
      throw invalidFunction({ name: definition.name, problem, param: `tools[${index}].function.parameters` });
    }
  }
  return toFunction(definition);
}

export function invalidFunction(facts: {
  readonly name: string;
  readonly problem: string;
  readonly param: string;
}): ServiceError {
  return invalidRequest({
    message: `Invalid schema for function '${facts.name}': ${facts.problem}`,
    param: facts.param,
    code: 'invalid_function_parameters',
  });
}

function toFunction({ name, parameters }: z.infer<typeof functionSchema>): ToolFunction {
  return { name, parameters: parameters ?? undefined };
}

const named = z.union([
  z
    .looseObject({ type: z.literal('function'), function: z.looseObject({ name: z.string() }) })
    .transform((choice) => choice.function.name),
  z.looseObject({ name: z.string() }).transform((choice) => choice.name),
]);

/** Reads `tool_choice` of either API, or `function_call`. */
export function readChoice(
  sent: unknown,
  among: { readonly param: string; readonly functions: readonly { readonly name: string }[] },
): ToolChoice {
  if (sent === 'none' || sent === 'auto' || sent === 'required') {
    return { kind: sent };
  }
  const { param } = among;
  const name = named.safeParse(sent);
  if (!name.success) {
    throw typeof sent === 'string'
      ? invalidRequest({
          message: `Invalid value: '${sent}'. Supported values are: 'none', 'auto', and 'required'.`,
          param,
          code: 'invalid_value',
        })
      : notCarried('a choice of tools other than one function', param);
  }
  if (!among.functions.some((one) => one.name === name.data)) {
    throw invalidRequest({
      message: `Invalid value for '${param}': no function named '${name.data}' was specified in the 'tools' parameter.`,
      param,
      code: null,
    });
  }
  return { kind: 'named', name: name.data };
}

export function jsonOf(value: readonly unknown[] | undefined): string | undefined {
  return value === undefined || value.length === 0 ? undefined : JSON.stringify(value);
}
