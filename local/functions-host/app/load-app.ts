import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { FunctionsCore } from './functions-core.ts';

const packageJson = z.object({ name: z.string().default('app'), main: z.string().min(1) });

export interface LoadedApp {
  /** `name` of the app's `package.json`. */
  readonly name: string;
}

/**
 * Imports the entry point that `main` in `package.json` names (a path, or a glob as the worker takes), then runs the
 * `appStart` hooks. The real worker reports success for an entry point that threw and then serves nothing; here that
 * is an error, and so is an app that registered no function.
 * @throws with the entry point's own error as the cause.
 */
export async function loadApp(core: FunctionsCore, appRoot: string): Promise<LoadedApp> {
  const path = join(appRoot, 'package.json');
  const parsed = packageJson.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (!parsed.success) {
    throw new Error(`${path} names no entry point:\n${z.prettifyError(parsed.error)}`);
  }
  const { name, main } = parsed.data;
  const files = main.includes('*') ? globSync(main, { cwd: appRoot }).toSorted() : [main];
  for (const file of files) {
    try {
      await import(pathToFileURL(join(appRoot, file)).href);
    } catch (cause) {
      throw new Error(`The app's entry point ${file} (main in ${path}) threw, so no function of it can run.`, {
        cause,
      });
    }
  }
  if (core.functions.size === 0) {
    throw new Error(`The app's entry point ${main} (main in ${path}) registered no function.`);
  }
  await core.runHooks('appStart', { hookData: core.appHookData });
  return { name };
}
