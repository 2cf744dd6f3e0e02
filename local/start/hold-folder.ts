import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a data folder for this process, made when missing: two stacks on one folder would each believe that the files
 * are theirs. The lock is SQLite's own, so the system gives it back however this process ends.
 *
 * @param lockName of the file that is locked: processes that may share a folder hold different ones
 * @returns gives the folder back
 * @throws when another process holds it
 */
export async function holdFolder(folder: string, advice: string, lockName = 'held.sqlite'): Promise<() => void> {
  await mkdir(folder, { recursive: true });
  const lock = new DatabaseSync(join(folder, lockName));
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`Another process runs from ${folder} already. ${advice}`, { cause });
  }
  return () => lock.close();
}
