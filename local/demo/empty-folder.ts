import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stackFiles, stackLayout } from '../stack-layout.ts';

/** Removes what an earlier run left: the stack's own files by their names, and nothing else that a user may keep there. */
export async function emptyFolder(folder: string): Promise<void> {
  const { storage, ...files } = stackFiles(stackLayout({ folder }));
  const named = Object.values(files).flatMap((file) => [file, `${file}-wal`, `${file}-shm`]);
  const logs = ['app.log', 'stack.log'].map((name) => join(dirname(files.trace), name));
  await Promise.all([
    rm(storage, { recursive: true, force: true }),
    ...[...named, ...logs].map(async (file) => rm(file, { force: true })),
  ]);
}
