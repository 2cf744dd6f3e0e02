import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Child, startChild } from '../local/child-process.ts';
import { buildBundle } from '../tools/build.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The app as it would be deployed, built from the sources as they are now, in a folder of its own. */
export interface BuiltApp {
  readonly folder: string;
  /** `index.mjs`, which `main` in the folder's `package.json` names. */
  readonly entry: string;
  readonly remove: () => Promise<void>;
}

/** @throws when the sources cannot be bundled */
export async function buildApp(): Promise<BuiltApp> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const remove = async (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    return { folder, entry: await buildInto(folder), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function buildInto(folder: string): Promise<string> {
  const { name, main } = z
    .object({ name: z.string(), main: z.string() })
    .parse(JSON.parse(await readFile(`${root}package.json`, 'utf8')));
  await buildBundle(join(folder, 'dist'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', main }));
  await cp(`${root}host.json`, join(folder, 'host.json'));
  return join(folder, main);
}

/** One process of the app under the functions host. */
export async function startApp(input: {
  readonly app: BuiltApp;
  readonly environment: Readonly<Record<string, string>>;
  /** Flags of Node, such as `--cpu-prof`. */
  readonly nodeFlags?: readonly string[];
  readonly onLog?: (line: string) => void;
}): Promise<{ readonly child: Child; readonly url: string }> {
  const { app, environment, nodeFlags = [], onLog } = input;
  const args = [...nodeFlags, `${root}local/functions-host/main.ts`, '--root', app.folder, '--port', '0'];
  const options = onLog === undefined ? {} : { onLog };
  const child = await startChild({ name: 'The app', args, cwd: app.folder, environment, ...options });
  return { child, url: z.object({ url: z.string() }).parse(child.ready).url };
}
