import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Environment } from './resolve-setting.ts';

const localSettings = z.object({
  IsEncrypted: z
    .literal(false, { error: 'encrypted settings are not carried: run "func settings decrypt" first' })
    .optional(),
  Values: z.record(z.string(), z.string({ error: 'settings are text: put it into quotes' })).default({}),
  ConnectionStrings: z
    .record(z.string(), z.unknown())
    .refine((strings) => Object.keys(strings).length === 0, {
      error: 'connection strings of this section are not carried: put them under Values',
    })
    .optional(),
  Host: z
    .object({
      CORS: z.undefined({ error: 'CORS is not carried' }).optional(),
      CORSCredentials: z.unknown().optional(),
    })
    .optional(),
});

/**
 * `Values` of a file shaped like `local.settings.json`, without those that the environment already sets: it wins, as
 * with the Core Tools. The port comes by a flag alone.
 * @throws when the file is missing, no JSON, encrypted, or holds values that are not text, with each problem by its path
 */
export async function readLocalSettings(path: string, environment: Environment): Promise<Record<string, string>> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`Could not read the settings ${path}.`, { cause });
  });
  return parseLocalSettings({ text, path, environment });
}

export function parseLocalSettings(file: {
  readonly text: string;
  readonly path: string;
  readonly environment: Environment;
}): Record<string, string> {
  const { path, environment } = file;
  const parsed = localSettings.safeParse(parseJson(file.text, path));
  if (!parsed.success) {
    throw new Error(`${path} has settings that this host cannot take:\n${z.prettifyError(parsed.error)}`);
  }
  return Object.fromEntries(Object.entries(parsed.data.Values).filter(([name]) => environment[name] === undefined));
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON.`, { cause });
  }
}
