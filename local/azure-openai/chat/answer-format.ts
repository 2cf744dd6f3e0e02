import { z } from 'zod';

import { strictSchemaProblem } from '../json/strict-schema-problem.ts';
import { parseRequest } from '../parse-request.ts';
import { invalidRequest } from '../service-error.ts';

/** What form an answer has. */
export type AnswerFormat =
  | { readonly kind: 'text' | 'json-object' }
  | { readonly kind: 'json-schema'; readonly schema: unknown };

export const plainText: AnswerFormat = { kind: 'text' };

const schemaFormat = z.looseObject({
  json_schema: z.looseObject({
    name: z.string().max(64),
    schema: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});

interface Prompted {
  readonly texts: readonly string[];
}

/** Reads `response_format` of a chat completion. */
export function readAnswerFormat(sent: { readonly type: string }, messages: readonly Prompted[]): AnswerFormat {
  if (sent.type === 'text') {
    return plainText;
  }
  if (sent.type === 'json_object') {
    needJsonWord(messages, { container: 'messages', format: "'response_format' of type 'json_object'" });
    return { kind: 'json-object' };
  }
  const { json_schema: given } = parseRequest(schemaFormat, sent, 'response_format');
  checkSchema(given, { param: 'response_format', code: null });
  return { kind: 'json-schema', schema: given.schema ?? {} };
}

/** JSON mode is refused unless the prompt asks for JSON. */
export function needJsonWord(
  messages: readonly Prompted[],
  words: { readonly container: string; readonly format: string },
): void {
  if (!messages.some(({ texts }) => texts.some((text) => /json/iu.test(text)))) {
    throw invalidRequest({
      message: `'${words.container}' must contain the word 'json' in some form, to use ${words.format}.`,
      param: words.container,
      code: null,
    });
  }
}

/** Throws for a strict schema outside of what structured outputs take. */
export function checkSchema(
  given: {
    readonly name: string;
    readonly schema?: Readonly<Record<string, unknown>> | null | undefined;
    readonly strict?: boolean | null | undefined;
  },
  refusal: { readonly param: string; readonly code: string | null },
): void {
  const problem = given.strict === true ? strictSchemaProblem(given.schema ?? {}) : undefined;
  if (problem !== undefined) {
    throw invalidRequest({ message: `Invalid schema for response_format '${given.name}': ${problem}`, ...refusal });
  }
}
