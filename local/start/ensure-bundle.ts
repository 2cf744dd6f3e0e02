import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = join(root, 'dist', 'index.mjs');
const lock = join(root, 'dist', '.building');
const sources = ['functions', 'shared', 'tools/build.ts', 'package-lock.json'];

/** A build takes a second or two; a lock older than this was left by one that was killed. */
const staleLockMs = 30_000;
const lookAgainMs = 100;

/** Builds `dist/` when it is missing or older than its sources; only one of several processes does. */
export async function ensureBundle(say: (line: string) => void): Promise<void> {
  if (await isCurrent()) {
    return;
  }
  await takeLock();
  try {
    if (!(await isCurrent())) {
      const startedAt = new Date();
      // esbuild is loaded only when it is needed.
      const { buildBundle } = await import('../../tools/build.ts');
      await buildBundle();
      // A source that was saved while it was built counts as newer, and what was written unchanged as built.
      await utimes(bundle, startedAt, startedAt);
      say(`Built dist/ in ${((Date.now() - startedAt.getTime()) / 1000).toFixed(1)} s.`);
    }
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function isCurrent(): Promise<boolean> {
  const builtMs = await changedMs(bundle);
  const times = await Promise.all(sources.map(async (source) => newestMs(join(root, source))));
  return builtMs !== undefined && Math.max(...times) < builtMs;
}

async function newestMs(path: string): Promise<number> {
  const own = (await changedMs(path)) ?? 0;
  const entries = await readdir(path, { recursive: true }).catch((): string[] => []);
  const times = await Promise.all(entries.map(async (entry) => changedMs(join(path, entry))));
  return times.reduce<number>((newest, time) => Math.max(newest, time ?? 0), own);
}

/** When it was changed, in epoch ms; undefined when it is not there. */
async function changedMs(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

async function takeLock(): Promise<void> {
  await mkdir(join(root, 'dist'), { recursive: true });
  while (!(await isTaken())) {
    const heldMs = Date.now() - ((await changedMs(lock)) ?? Date.now());
    if (heldMs > staleLockMs) {
      await rm(lock, { recursive: true, force: true });
    } else {
      await delay(lookAgainMs);
    }
  }
}

async function isTaken(): Promise<boolean> {
  return mkdir(lock).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        return false;
      }
      throw error;
    },
  );
}
