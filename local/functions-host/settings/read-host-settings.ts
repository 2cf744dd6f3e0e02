import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { hostNames, hostSchema } from './host-schema.ts';
import { overrideHostJson, withKnownNames } from './override-host-json.ts';
import type { Environment } from './resolve-setting.ts';

/** What this host takes from `host.json`. */
export interface HostSettings {
  /** Without slashes at its ends; empty for none. */
  readonly routePrefix: string;
  /** Milliseconds; `undefined` when unbounded (`"-1"`). */
  readonly functionTimeoutMs: number | undefined;
  /** The only functions that run; absent: all. */
  readonly functions: readonly string[] | undefined;
  readonly http: HttpLimits;
  readonly serviceBus: ServiceBusSettings;
}

export interface HttpLimits {
  /** On every response. */
  readonly customHeaders: Readonly<Record<string, string>>;
  /** How many calls run at once; `undefined` for any number. */
  readonly maxConcurrentRequests: number | undefined;
  /** How many run or wait; more are answered 429. */
  readonly maxOutstandingRequests: number | undefined;
}

export interface ServiceBusSettings {
  readonly maxConcurrentCalls: number;
  readonly autoCompleteMessages: boolean;
  readonly maxAutoLockRenewalMs: number;
  readonly maxMessageBatchSize: number;
  readonly maxConcurrentSessions: number;
  readonly sessionIdleMs: number;
}

export interface ReadHostSettings {
  readonly settings: HostSettings;
  /** Settings that nobody reads, by path: the real host passes them over in silence. */
  readonly unknown: readonly string[];
}

/**
 * Reads `host.json`, defaults and names as in Microsoft's "host.json reference for Azure Functions 2.x and later" and in
 * the options of the host and its extensions; `AzureFunctionsJobHost__…` settings go over it.
 * @throws with every problem by its path, also for options that change behaviour and are not carried here.
 */
export async function readHostSettings(appRoot: string, environment: Environment): Promise<ReadHostSettings> {
  const path = join(appRoot, 'host.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`Could not read ${path}: the folder of a Functions app holds a host.json.`, { cause });
  });
  return parseHostSettings({ text, path, environment });
}

export function parseHostSettings(file: {
  readonly text: string;
  readonly path: string;
  readonly environment: Environment;
}): ReadHostSettings {
  const { path } = file;
  const json = overrideHostJson(withKnownNames(parseJson(file.text, path), hostNames), file.environment, hostNames);
  const parsed = hostSchema.safeParse(json);
  if (!parsed.success) {
    throw new Error(`${path} has settings that this host cannot take:\n${z.prettifyError(parsed.error)}`);
  }
  const { functionTimeout, functions, extensions } = parsed.data;
  const { http, serviceBus } = extensions;
  return {
    unknown: unknownPaths(json, parsed.data),
    settings: {
      routePrefix: http.routePrefix.replaceAll(/^\/+|\/+$/gu, ''),
      functionTimeoutMs: functionTimeout === 'unbounded' ? undefined : functionTimeout,
      functions,
      http: {
        customHeaders: http.customHeaders,
        maxConcurrentRequests: boundOf(http.maxConcurrentRequests),
        maxOutstandingRequests: boundOf(http.maxOutstandingRequests),
      },
      serviceBus: {
        maxConcurrentCalls: serviceBus.maxConcurrentCalls,
        autoCompleteMessages: serviceBus.autoCompleteMessages,
        maxAutoLockRenewalMs: serviceBus.maxAutoLockRenewalDuration,
        maxMessageBatchSize: serviceBus.maxMessageBatchSize,
        maxConcurrentSessions: serviceBus.maxConcurrentSessions,
        sessionIdleMs: serviceBus.sessionIdleTimeout,
      },
    },
  };
}

/** -1 stands for no bound. */
function boundOf(value: number): number | undefined {
  return value === -1 ? undefined : value;
}

/** The schema keeps what it knows: what is in the file alone, nobody reads. */
function unknownPaths(given: unknown, known: unknown, path = ''): readonly string[] {
  if (!isRecord(given) || !isRecord(known)) {
    return [];
  }
  return Object.entries(given).flatMap(([name, value]) => {
    const below = path === '' ? name : `${path}.${name}`;
    return name in known ? unknownPaths(value, known[name], below) : [below];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON.`, { cause });
  }
}
