import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';

/** The access keys of a host ("Work with access keys in Azure Functions"); absent altogether: none is asked for. */
export interface HostKeys {
  /** Good for everything, the admin endpoints included. */
  readonly masterKey?: string | undefined;
  /** Good for every function of the level `function`. */
  readonly functionKeys?: Readonly<Record<string, string>> | undefined;
  /** Good for one function of the level `function`, by the function's name. */
  readonly functions?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

export interface AuthorisationCheck {
  readonly authLevel: 'anonymous' | 'function' | 'admin';
  /** Of the function; absent for the admin endpoints. */
  readonly functionName?: string;
  readonly keys: HostKeys | undefined;
  readonly request: IncomingMessage;
  readonly url: URL;
}

/** The key comes in the header `x-functions-key` or the query parameter `code`; the header wins. */
export function isAuthorised(check: AuthorisationCheck): boolean {
  const { authLevel, keys, request, url } = check;
  if (authLevel === 'anonymous' || keys === undefined) {
    return true;
  }
  const given = request.headers['x-functions-key'] ?? url.searchParams.get('code');
  return typeof given === 'string' && goodKeys(check).some((key) => isEqual(given, key));
}

function goodKeys({ authLevel, functionName, keys = {} }: AuthorisationCheck): readonly string[] {
  const master = keys.masterKey === undefined ? [] : [keys.masterKey];
  if (authLevel === 'admin') {
    return master;
  }
  const ofFunction = Object.entries(keys.functions ?? {}).filter(
    ([name]) => name.toLowerCase() === functionName?.toLowerCase(),
  );
  return [
    ...master,
    ...Object.values(keys.functionKeys ?? {}),
    ...ofFunction.flatMap(([, values]) => Object.values(values)),
  ];
}

function isEqual(given: string, key: string): boolean {
  return timingSafeEqual(digest(given), digest(key));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const named = z.record(z.string(), z.string().min(1));
const keysFile = z.strictObject({
  masterKey: z.string().min(1).optional(),
  functionKeys: named.optional(),
  functions: z.record(z.string(), named).optional(),
});

/** @throws when the file is missing or not shaped like `HostKeys`, without a word of a key */
export async function readHostKeys(path: string): Promise<HostKeys> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`Could not read the keys ${path}.`, { cause });
  });
  const parsed = keysFile.safeParse(parseJson(text, path));
  if (!parsed.success) {
    throw new Error(`${path} holds no keys that this host can take:\n${z.prettifyError(parsed.error)}`);
  }
  return parsed.data;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse would quote what it could not read.
    throw new Error(`${path} is not JSON.`);
  }
}
