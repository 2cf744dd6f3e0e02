import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../local/child-process.ts';
import { localApiKey } from '../../local/stack-layout.ts';
import type { Entry, Ground, StartedContender } from './contender.ts';
import { field, type PeerOrder } from './field.ts';
import { startSluice } from './sluice-contender.ts';
import { startTogether } from './start-together.ts';

export async function startContender(entry: Entry, ground: Ground): Promise<StartedContender> {
  await mkdir(ground.folder, { recursive: true });
  return entry.contender === 'sluice' ? startSluice(ground) : startPeer(entry, ground);
}

const worker = fileURLToPath(new URL('contenders/worker.ts', import.meta.url));

async function startPeer(
  { contender, setting }: Exclude<Entry, { readonly contender: 'sluice' }>,
  ground: Ground,
): Promise<StartedContender> {
  const { endpoint, folder, meanCost, onLog, redisPort, runName, signal, trace } = ground;
  const { jobsInHand, processes, tokensPerMinute } = field;
  const common = { contender, setting, runName, processes, jobsInHand, endpoint, apiKey: localApiKey, redisPort };
  const children = await startTogether(
    Array.from({ length: processes }, async (_, index) => {
      const order: PeerOrder = { ...common, index, tokensPerMinute, meanCost, trace };
      const args = [worker, JSON.stringify(order)];
      return startChild({ name: `${contender} ${index}`, args, cwd: folder, signal, onLog });
    }),
  );
  return {
    pids: children.map(({ pid }) => pid),
    begin: async () => {
      for (const { pid } of children) {
        process.kill(pid, 'SIGUSR2');
      }
    },
    stop: async () => {
      await Promise.all(children.map(async (child) => child.stop()));
    },
  };
}
