import type { z } from 'zod';

import { invalidRequest, type ServiceError } from './service-error.ts';

/** Reads a request body, or what stands in it at `path`, by a schema; what does not fit is thrown as the service words it. */
export function parseRequest<T>(schema: z.ZodType<T>, body: unknown, path = ''): T {
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  throw issue === undefined
    ? invalidRequest({ message: 'Invalid request.', param: null, code: null })
    : wording(issue, path);
}

/** Throws for the first field that the operation does not know, as the service does. */
export function refuseUnknownFields(body: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): void {
  const unknown = Object.keys(body).find((field) => !known.has(field));
  if (unknown !== undefined) {
    throw invalidRequest({
      message: `Unrecognized request argument supplied: ${unknown}`,
      param: null,
      code: null,
    });
  }
}

/** The same as the Responses API words it. */
export function unknownParameter(param: string): ServiceError {
  return invalidRequest({ message: `Unknown parameter: '${param}'.`, param, code: 'unknown_parameter' });
}

/** Their schema says number until it has seen one. */
const integerFields: ReadonlySet<string> = new Set([
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n',
  'seed',
  'dimensions',
  'top_logprobs',
]);

function wording(found: z.core.$ZodIssue, base: string): ServiceError {
  const issue = innermost(found);
  const param = joined(base, pathOf(issue.path));
  const named = `'${param}'`;
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return outOfRange(issue, param);
  }
  if (issue.code === 'invalid_value') {
    const supported = listed(
      issue.values.map((value) => `'${String(value)}'`),
      'and',
    );
    return issue.input === undefined
      ? missing(param)
      : invalidRequest({
          message: `Invalid value: ${quoted(issue.input)}. Supported values are: ${supported}.`,
          param,
          code: 'invalid_value',
        });
  }
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    return issue.input === undefined
      ? missing(param)
      : invalidRequest({
          message: `Invalid type for ${named}: expected ${expectation(issue, param)}, but got ${describe(kindOf(issue.input))} instead.`,
          param,
          code: 'invalid_type',
        });
  }
  return invalidRequest({ message: `Invalid value for ${named}: ${issue.message}.`, param, code: 'invalid_value' });
}

/** Of a value that fits no branch of a union: what is wrong inside of the one that it comes closest to. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') {
    return issue;
  }
  const closest = issue.errors.find(
    ([first]) =>
      first !== undefined && (first.path.length > 0 || !['invalid_type', 'invalid_value'].includes(first.code)),
  )?.[0];
  return closest === undefined ? issue : innermost({ ...closest, path: [...issue.path, ...closest.path] });
}

function expectation(issue: z.core.$ZodIssueInvalidType | z.core.$ZodIssueInvalidUnion, param: string): string {
  if (issue.code === 'invalid_type') {
    return describe(integerFields.has(param) ? 'int' : issue.expected);
  }
  const kinds = issue.errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [first.expected] : []));
  const words = [...new Set(kinds)].filter((kind) => kind !== 'null').map((kind) => describe(kind));
  return words.length === 0 ? 'another type' : `one of ${listed(words, 'or')}`;
}

function listed(items: readonly string[], word: 'and' | 'or'): string {
  const last = items.at(-1) ?? '';
  const others = items.slice(0, -1);
  return others.length === 0 ? last : `${others.join(', ')}${others.length > 1 ? ',' : ''} ${word} ${last}`;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
}

function joined(base: string, path: string): string {
  return base === '' || path === '' || path.startsWith('[') ? base + path : `${base}.${path}`;
}

function missing(param: string): ServiceError {
  return invalidRequest({
    message: `Missing required parameter: '${param}'.`,
    param,
    code: 'missing_required_parameter',
  });
}

function outOfRange(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, param: string): ServiceError {
  const isSmall = issue.code === 'too_small';
  if (issue.origin === 'array' || issue.origin === 'string') {
    const limit = isSmall ? 'too short' : 'too long';
    const kind = issue.origin;
    const isEmpty = isSmall && (Array.isArray(issue.input) || issue.input === '') && lengthOf(issue.input) === 0;
    return invalidRequest({
      message: `Invalid '${param}': ${isEmpty ? `empty ${kind}` : `${kind} ${limit}`}.`,
      param,
      code: isEmpty ? `empty_${kind}` : `${kind}_${isSmall ? 'below_min' : 'above_max'}_length`,
    });
  }
  const kind = issue.origin === 'int' || Number.isInteger(issue.input) ? 'integer' : 'decimal';
  const bound = isSmall ? `>= ${String(issue.minimum)}` : `<= ${String(issue.maximum)}`;
  return invalidRequest({
    message:
      `Invalid '${param}': ${kind} ${isSmall ? 'below minimum' : 'above maximum'} value. ` +
      `Expected a value ${bound}, but got ${String(issue.input)} instead.`,
    param,
    code: `${kind}_${isSmall ? 'below_min' : 'above_max'}_value`,
  });
}

function lengthOf(input: unknown): number {
  return typeof input === 'string' || Array.isArray(input) ? input.length : 0;
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, place) => (typeof key === 'number' ? `[${key}]` : `${place === 0 ? '' : '.'}${String(key)}`))
    .join('');
}

function kindOf(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? 'int' : 'number';
  }
  return typeof value;
}

function describe(kind: string): string {
  const words: Readonly<Record<string, string>> = {
    int: 'an integer',
    number: 'a decimal',
    array: 'an array',
    boolean: 'a boolean',
    object: 'an object',
    record: 'an object',
    null: 'null',
  };
  return words[kind] ?? `a ${kind}`;
}
