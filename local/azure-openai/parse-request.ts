import type { z } from 'zod';

import { invalidRequest, type ServiceError } from './service-error.ts';

/** Reads a request body by a schema; what does not fit is thrown as the service words it. */
export function parseRequest<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  throw issue === undefined ? invalidRequest({ message: 'Invalid request.', param: null, code: null }) : wording(issue);
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

/** Their schema says number until it has seen one. */
const integerFields: ReadonlySet<string> = new Set(['max_tokens', 'max_completion_tokens', 'n', 'seed', 'dimensions']);

function wording(issue: z.core.$ZodIssue): ServiceError {
  const param = pathOf(issue.path);
  const named = `'${param}'`;
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    return outOfRange(issue, param);
  }
  if (issue.code === 'invalid_value') {
    const supported = issue.values.map((value) => `'${String(value)}'`).join(', ');
    return issue.input === undefined
      ? missing(param)
      : invalidRequest({
          message: `Invalid value: ${JSON.stringify(issue.input)}. Supported values are: ${supported}.`,
          param,
          code: 'invalid_value',
        });
  }
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union') {
    const expected =
      issue.code === 'invalid_type' ? describe(integerFields.has(param) ? 'int' : issue.expected) : 'another type';
    return issue.input === undefined
      ? missing(param)
      : invalidRequest({
          message: `Invalid type for ${named}: expected ${expected}, but got ${describe(kindOf(issue.input))} instead.`,
          param,
          code: 'invalid_type',
        });
  }
  return invalidRequest({ message: `Invalid value for ${named}: ${issue.message}.`, param, code: 'invalid_value' });
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
    object: 'an object',
    record: 'an object',
    null: 'null',
  };
  return words[kind] ?? `a ${kind}`;
}
