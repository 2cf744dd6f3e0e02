import { setTimeout as delay } from 'node:timers/promises';
import { type Disturbance, pacingRegions } from './scenario.ts';
import { type PacingSystem, pacingModel } from './start-system.ts';

/** Does to a running system what its scenario says, at its times. Resolves with the instants of lowered limits. */
export async function disturbRun(
  system: PacingSystem,
  disturbances: readonly Disturbance[],
  context: { readonly firstCallMs: number; readonly signal: AbortSignal; readonly tell: (line: string) => void },
): Promise<readonly number[]> {
  const { firstCallMs, signal, tell } = context;
  const lowered = disturbances.map(async (disturbance) => {
    await delay(Math.max(0, firstCallMs + disturbance.afterMs - Date.now()), undefined, { signal });
    switch (disturbance.kind) {
      case 'lower-limit': {
        const at = Date.now();
        await lowerLimits(system, disturbance, signal);
        tell(`limits × ${disturbance.factor} for ${disturbance.forMs / 1000} s`);
        return [at];
      }
      case 'kill-process':
        await system.apps[disturbance.process]?.child.kill();
        tell(`killed process ${disturbance.process}`);
        return [];
    }
  });
  return (await Promise.all(lowered)).flat();
}

async function lowerLimits(
  system: PacingSystem,
  { forMs, factor }: { readonly forMs: number; readonly factor: number },
  signal: AbortSignal,
): Promise<void> {
  const changes = pacingRegions.map(async ({ name }) => {
    const url = `${system.stack.adminUrl}/admin/regions/${name}/deployments/${pacingModel}`;
    const body = JSON.stringify({ lowered: { forMs, factor } });
    const response = await fetch(url, {
      method: 'PATCH',
      body,
      headers: { 'content-type': 'application/json' },
      signal,
    });
    if (!response.ok) {
      throw new Error(`The limits of ${name} could not be lowered (${response.status}): ${await response.text()}`);
    }
  });
  await Promise.all(changes);
}
