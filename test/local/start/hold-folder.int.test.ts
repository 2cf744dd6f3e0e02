import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdFolder } from '../../../local/start/hold-folder.ts';

test('a folder is held by one at a time, and free again afterwards', async (t) => {
  const parent = await mkdtemp(join(tmpdir(), 'sluice-hold-'));
  t.after(async () => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, 'made-when-missing');
  const letGo = await holdFolder(folder, 'Stop it.');

  await assert.rejects(holdFolder(folder, 'Stop it.'), /runs from .*made-when-missing already\. Stop it\./u);

  letGo();
  const again = await holdFolder(folder, 'Stop it.');
  again();
});
