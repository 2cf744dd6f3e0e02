import type { z } from 'zod';

/** A refusal of the admin endpoint, sent as `application/problem+json`. */
export class Problem extends Error {
  readonly status: number;
  readonly errors: readonly { readonly path: string; readonly message: string }[];

  constructor(status: number, detail: string, errors: Problem['errors'] = []) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.errors = errors;
  }
}

/** Reads what an administrator sent; a problem names the path of each error. */
export function readAdmin<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) {
    return parsed.data;
  }
  throw new Problem(
    400,
    'The request does not have the expected form.',
    parsed.error.issues.map(({ message, path }) => ({ path: path.map(String).join('.'), message })),
  );
}
