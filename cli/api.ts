import { z } from 'zod';

/** Calls the app. Answers are read by the caller's schema; what the app refuses is thrown. */
export interface Api {
  readonly url: string;
  /** @throws ApiError */
  readonly call: <Answer>(request: ApiRequest, schema: z.ZodType<Answer>) => Promise<Answer>;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api`, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Statuses that are answers too. */
  readonly alsoFine?: readonly number[];
}

/** What the app refused, or why it was not reached: for people. */
export class ApiError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ApiError';
  }
}

const problemSchema = z.object({
  title: z.string().default(''),
  code: z.string().optional(),
  detail: z.string().optional(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

export function openApi(settings: {
  readonly url: string;
  readonly key: string | undefined;
  readonly timeoutMs: number;
}): Api {
  const url = settings.url.replace(/\/+$/u, '');
  return {
    url,
    call: async ({ method, path, body, alsoFine = [] }, schema) => {
      const { isOk, status, text } = await send(settings, url, { method, path, body });
      if (!isOk && !alsoFine.includes(status)) {
        throw new ApiError(describe(status, text));
      }
      const answer = schema.safeParse(parse(text));
      if (!answer.success) {
        const [issue] = answer.error.issues;
        const place = issue?.path.join('.') ?? '';
        throw new ApiError(`${url} answered ${method} ${path} in a form that is not known (${place}). Is it Sluice?`);
      }
      return answer.data;
    },
  };
}

async function send(
  { key, timeoutMs }: { readonly key: string | undefined; readonly timeoutMs: number },
  url: string,
  { method, path, body }: ApiRequest,
): Promise<{ readonly isOk: boolean; readonly status: number; readonly text: string }> {
  const headers = {
    ...(key === undefined ? {} : { 'x-functions-key': key }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  try {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { isOk: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') {
      throw new ApiError(
        `${url} did not answer within ${timeoutMs / 1000} s. What it was told may have been done; the same call can be made again. --timeout waits longer.`,
      );
    }
    throw new ApiError(
      `${url} was not reached, or its answer broke off. Is the app running (npm start)? --url or SLUICE_URL names another one.`,
    );
  }
}

const again = 'Run the same command again in some seconds: it goes on, and nothing is done twice.';

function describe(status: number, text: string): string {
  if (status === 401 || status === 403) {
    return `The app refused the key (${status}): give its function key with --key or SLUICE_KEY.`;
  }
  const read = problemSchema.safeParse(parse(text));
  if (!read.success || read.data.title === '') {
    return `The app answered ${status}.`;
  }
  const { title, code, detail, problems = [] } = read.data;
  const head = `${title}${code === undefined ? '' : ` (${code})`}.${detail === undefined ? '' : ` ${detail}`}`;
  const told = problems.map(({ path, message }) => `  ${path === '' ? 'the call' : path}: ${message}`);
  return [head, ...told, ...(status === 503 ? [again] : [])].join('\n');
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return undefined;
  }
}
