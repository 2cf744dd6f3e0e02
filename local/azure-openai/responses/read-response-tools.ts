import { strictSchemaProblem } from '../json/strict-schema-problem.ts';
import { parseRequest } from '../parse-request.ts';
import { notCarried } from '../service-error.ts';
import {
  invalidFunction,
  jsonOf,
  noTools,
  readChoice,
  type ToolFunction,
  type ToolSettings,
} from '../chat/tool-settings.ts';
import { responseFunction, type ResponsesBody } from './responses-schema.ts';

/** Functions as the Responses API defines them: without a level of their own. Tools of the service are not carried. */
export function readResponseTools(body: ResponsesBody): ToolSettings {
  const tools = body.tools ?? [];
  if (tools.length === 0) {
    const choice = readChoice(body.tool_choice ?? 'auto', { param: 'tool_choice', functions: [] });
    return { ...noTools, choice };
  }
  const functions = tools.map((tool, index) => readTool(tool, index));
  return {
    functions,
    choice: readChoice(body.tool_choice ?? 'auto', { param: 'tool_choice', functions }),
    isParallel: body.parallel_tool_calls ?? true,
    isLegacy: false,
    json: jsonOf(tools),
  };
}

function readTool(tool: { readonly type: string }, index: number): ToolFunction {
  if (tool.type !== 'function') {
    throw notCarried(`the tool ${tool.type}`, `tools[${index}].type`);
  }
  const { name, parameters, strict } = parseRequest(responseFunction, tool, `tools[${index}]`);
  const problem = strict === true ? strictSchemaProblem(parameters ?? {}) : undefined;
  if (problem !== undefined) {
    throw invalidFunction({ name, problem, param: `tools[${index}].parameters` });
  }
  return { name, parameters: parameters ?? undefined };
}
