import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** Preload of the processes whose event loops are watched. */
const lagPreload = new URL('watch-loop-lag.ts', import.meta.url).href;

/** Flags of Node that watch the loop of a process; its environment names the file. */
export const lagFlags: readonly string[] = ['--import', lagPreload];

export function lagEnvironment(file: string): Readonly<Record<string, string>> {
  return { PACING_LAG_FILE: file };
}

const lagSchema = z.object({ looks: z.number(), p50Ms: z.number(), p99Ms: z.number(), mostMs: z.number() });

/** How late a process's event loop was over its life so far, in ms. */
export type LoopLag = z.infer<typeof lagSchema>;

/** Undefined when the process has not told yet. */
export async function readLoopLag(file: string): Promise<LoopLag | undefined> {
  try {
    return lagSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
