import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Environment } from './resolve-setting.ts';

const localSettings = z.object({ IsEncrypted: z.literal(false).optional(), Values: z.record(z.string(), z.string()) });

/**
 * `Values` of a file shaped like `local.settings.json`, without those that the environment already sets: it wins, as
 * with the Core Tools. @throws when the file is missing, encrypted or holds values that are not text.
 */
export async function readLocalSettings(path: string, environment: Environment): Promise<Record<string, string>> {
  const parsed = localSettings.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!parsed.success) {
    throw new Error(`${path} is not shaped like local.settings.json:\n${z.prettifyError(parsed.error)}`);
  }
  return Object.fromEntries(Object.entries(parsed.data.Values).filter(([name]) => environment[name] === undefined));
}
