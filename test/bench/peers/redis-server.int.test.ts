import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startRedis } from '../../../bench/peers/redis-server.ts';

test('without redis-server the benchmark says what to install', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-redis-'));
  try {
    await assert.rejects(startRedis(folder, 'no-such-redis-server'), /apt-get install redis-server/u);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
