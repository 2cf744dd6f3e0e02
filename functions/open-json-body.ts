import { JSONParser, TokenType } from '@streamparser/json';
import { BodyError } from './body-error.ts';

/** What the parser builds is bounded while it comes in: the envelope's own levels, and then the body's. */
const deepest = 80;
const mostFields = 32;

const opening: ReadonlySet<TokenType> = new Set([TokenType.LEFT_BRACE, TokenType.LEFT_BRACKET]);
const closing: ReadonlySet<TokenType> = new Set([TokenType.RIGHT_BRACE, TokenType.RIGHT_BRACKET]);

/** A JSON body that comes in chunk by chunk: the elements of `jobs` as they are complete, or one job's fields. */
export interface JsonBody {
  /** @throws BodyError */
  readonly write: (chunk: Uint8Array) => void;
  /** The elements of `jobs` that were completed since the last call. */
  readonly takeJobs: () => readonly unknown[];
  /** The one job of a body that holds no list. @throws BodyError */
  readonly end: () => Record<string, unknown> | undefined;
}

export function openJsonBody(): JsonBody {
  const parser = new JSONParser({ paths: ['$.*', '$.jobs.*'], keepStack: false });
  let jobs: unknown[] = [];
  let isList = false;
  const fields: [string, unknown][] = [];
  parser.onToken = depthGuard();
  parser.onValue = ({ value, key, stack }) => {
    const isJob = stack.length > 1;
    if (isJob || key === 'jobs') {
      isList = true;
      jobs.push(...(isJob ? [value] : []));
    } else if (typeof key !== 'string') {
      throw new BodyError(400, 'The body must be a job, {"jobs": […]}, or one job a line (application/x-ndjson).');
    } else {
      fields.push([key, value]);
    }
    checkFields(fields, isList);
  };
  return {
    write: (chunk) => guarded(() => parser.write(chunk)),
    takeJobs: () => {
      const taken = jobs;
      jobs = [];
      return taken;
    },
    end: () => {
      guarded(() => (parser.isEnded ? undefined : parser.end()));
      return isList ? undefined : Object.fromEntries(fields);
    },
  };
}

function depthGuard(): (info: { readonly token: TokenType }) => void {
  let depth = 0;
  return ({ token }) => {
    depth += opening.has(token) ? 1 : 0;
    depth -= closing.has(token) ? 1 : 0;
    if (depth > deepest) {
      throw new BodyError(400, `The body is nested deeper than ${deepest} levels.`);
    }
  };
}

function checkFields(fields: readonly (readonly [string, unknown])[], isList: boolean): void {
  const [first] = fields;
  if (isList && first !== undefined) {
    throw new BodyError(400, `"${first[0].slice(0, 64)}" beside "jobs" is not known; a batch is named by ?batchId=.`);
  }
  if (fields.length > mostFields) {
    throw new BodyError(400, 'The body has more fields than a job knows.');
  }
}

function guarded(call: () => void): void {
  try {
    call();
  } catch (error) {
    throw error instanceof BodyError ? error : new BodyError(400, 'The body is not JSON.');
  }
}
