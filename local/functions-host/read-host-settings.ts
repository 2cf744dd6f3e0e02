import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseTimeSpanMs } from './parse-time-span.ts';

/** What this host takes from `host.json`. */
export interface HostSettings {
  /** Without slashes at its ends; empty for none. */
  readonly routePrefix: string;
  /** Milliseconds; `undefined` when unbounded (`"-1"`). */
  readonly functionTimeoutMs: number | undefined;
  readonly serviceBus: ServiceBusSettings;
}

export interface ServiceBusSettings {
  readonly maxConcurrentCalls: number;
  readonly autoCompleteMessages: boolean;
  readonly maxAutoLockRenewalMs: number;
}

/**
 * Reads `host.json`, defaults and names as in Microsoft's "host.json reference for Azure Functions 2.x and later".
 * Logging, the extension bundle and what belongs to triggers of other kinds are passed over.
 * @throws with every problem by its path, also for options that change behaviour and are not carried here.
 */
export async function readHostSettings(appRoot: string): Promise<HostSettings> {
  const path = join(appRoot, 'host.json');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`Could not read ${path}: the folder of a Functions app holds a host.json.`, { cause });
  });
  return parseHostSettings(text, path);
}

export function parseHostSettings(text: string, path: string): HostSettings {
  const parsed = hostJson.safeParse(parseJson(text, path));
  if (!parsed.success) {
    throw new Error(`${path} has settings that this host cannot take:\n${z.prettifyError(parsed.error)}`);
  }
  const { functionTimeout: timeout, extensions } = parsed.data;
  return {
    routePrefix: extensions.http.routePrefix.replaceAll(/^\/+|\/+$/gu, ''),
    functionTimeoutMs: timeout === 'unbounded' ? undefined : timeout,
    serviceBus: {
      maxConcurrentCalls: extensions.serviceBus.maxConcurrentCalls,
      autoCompleteMessages: extensions.serviceBus.autoCompleteMessages,
      maxAutoLockRenewalMs: extensions.serviceBus.maxAutoLockRenewalDuration,
    },
  };
}

const minuteMs = 60_000;

const timeSpanMs = z.string().transform(readTimeSpanMs);

function readTimeSpanMs(text: string, context: z.RefinementCtx): number {
  const milliseconds = parseTimeSpanMs(text);
  if (milliseconds === undefined) {
    context.addIssue({ code: 'custom', message: `"${text}" is not a time span like "00:05:00"` });
    return z.NEVER;
  }
  return milliseconds;
}

/** 30 minutes when absent: the default of every plan but Consumption. */
const functionTimeout = z
  .string()
  .transform((text, context) => (text === '-1' ? 'unbounded' : readTimeSpanMs(text, context)))
  .default(30 * minuteMs);

const serviceBus = z
  .strictObject({
    maxConcurrentCalls: z.int().positive().default(16),
    autoCompleteMessages: z.boolean().default(true),
    maxAutoLockRenewalDuration: timeSpanMs.default(5 * minuteMs),
    prefetchCount: z.literal(0, { error: 'prefetch is not carried: 0 is the only value' }).default(0),
  })
  .prefault({});

const http = z.strictObject({ routePrefix: z.string().default('api') }).prefault({});

const hostJson = z.looseObject({
  version: z.literal('2.0'),
  functionTimeout,
  extensions: z.looseObject({ http, serviceBus }).prefault({}),
  concurrency: z.undefined({ error: 'dynamic concurrency is not carried' }).optional(),
});

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON.`, { cause });
  }
}
