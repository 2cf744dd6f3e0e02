import { CosmosClient, type Container, type JSONValue } from '@azure/cosmos';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Child, startChild } from '../../local/child-process.ts';
import { readProcessUsage } from '../process-usage.ts';
import {
  createAll,
  deleteAll,
  fillMany,
  itemBytes,
  patchAll,
  readAll,
  requestsAtOnce,
  type Load,
} from './cosmos-load.ts';
import { startHttpFloor } from './http-floor.ts';
import type { BenchContext, BenchPart, Figures, Soak } from './part.ts';

/** Requests of each kind that are measured, and before, so that the code is compiled. */
const measured = 20_000;
const warmUp = 3000;
/** What the queries look through. */
const manyItems = 100_000;
/** Of each round of the soak. */
const roundItems = 400;

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('cosmos-process.ts', import.meta.url));

export const cosmosPart: BenchPart = {
  name: 'cosmos',
  about: `items of ${itemBytes} bytes created, read and patched on a condition, ${requestsAtOnce} requests at once; queries over ${manyItems} items`,
  measure,
  openSoak,
};

interface Running {
  readonly server: Child;
  readonly client: CosmosClient;
  readonly container: (id: string) => Container;
  readonly stop: () => Promise<void>;
}

async function start({ folder, signal }: BenchContext): Promise<Running> {
  const settings = JSON.stringify({ databasePath: join(folder, 'cosmos.db') });
  const server = await startChild({ name: 'Cosmos DB', args: [script, settings], cwd: root, signal });
  const { connectionString } = z.object({ connectionString: z.string() }).parse(server.ready);
  const client = new CosmosClient(connectionString);
  const stop = async (): Promise<void> => {
    client.dispose();
    await server.stop();
  };
  return { server, client, container: (id) => client.database('bench').container(id), stop };
}

async function measure(context: BenchContext): Promise<Figures> {
  const floor = await measureFloor(context);
  const running = await start(context);
  try {
    const items = await measureItems(running, context);
    const queries = await measureQueries(running, context);
    return {
      ...items,
      ...queries,
      ...floor,
      createsShareOfFloor: items.createsPerSecond / floor.floorCreatesPerSecond,
      readsShareOfFloor: items.readsPerSecond / floor.floorReadsPerSecond,
    };
  } finally {
    await running.stop();
  }
}

/** The same SDK against a server that does nothing but answer. */
async function measureFloor(context: BenchContext) {
  const { scale, signal, tell } = context;
  const floor = await startHttpFloor(signal);
  try {
    const load = { items: floor.container, prefix: 'floor-', signal, count: Math.ceil(measured * scale) };
    const warm = { ...load, count: Math.ceil(warmUp * scale) };
    const before = await readProcessUsage(floor.pid);
    const floorCreatesPerSecond = await rateOf(createAll, warm, load);
    const floorReadsPerSecond = await rateOf(readAll, warm, load);
    const after = await readProcessUsage(floor.pid);
    const floorServerCpuUsPerRequest = ((after.cpuMs - before.cpuMs) * 1000) / (2 * (load.count + warm.count));
    tell(
      `floor: ${perSecond(floorCreatesPerSecond)} creates and ${perSecond(floorReadsPerSecond)} reads of nothing; ` +
        `${floorServerCpuUsPerRequest.toFixed(0)} µs of the server each`,
    );
    return { floorCreatesPerSecond, floorReadsPerSecond, floorServerCpuUsPerRequest };
  } finally {
    await floor.stop();
  }
}

async function measureItems({ container, server }: Running, { scale, signal, tell }: BenchContext) {
  const items = container('items');
  const load = { items, prefix: 'item-', signal, count: Math.ceil(measured * scale) };
  const warm = { ...load, prefix: 'warm-', count: Math.ceil(warmUp * scale) };
  const before = await readProcessUsage(server.pid);
  const createsPerSecond = await rateOf(createAll, warm, load);
  const readsPerSecond = await rateOf(readAll, warm, load);
  const conditionalPatchesPerSecond = await rateOf(patchAll, warm, load);
  const after = await readProcessUsage(server.pid);
  const requests = 3 * (load.count + warm.count);
  const serverCpuUsPerRequest = ((after.cpuMs - before.cpuMs) * 1000) / requests;
  tell(
    `${perSecond(createsPerSecond)} created, ${perSecond(readsPerSecond)} read, ` +
      `${perSecond(conditionalPatchesPerSecond)} patched; ${serverCpuUsPerRequest.toFixed(0)} µs of the server each`,
  );
  return { createsPerSecond, readsPerSecond, conditionalPatchesPerSecond, serverCpuUsPerRequest };
}

async function rateOf(run: (load: Load) => Promise<void>, warm: Load, load: Load): Promise<number> {
  await run(warm);
  const startMs = performance.now();
  await run(load);
  return (load.count * 1000) / (performance.now() - startMs);
}

/** None of them has an index to go by: each looks at every item. The name says what is timed. */
const queries = {
  filter100kMs: "SELECT * FROM c WHERE c.score % 1000 = 7 AND CONTAINS(c.name, '7') AND c.nested.x < 12",
  count100kMs: "SELECT VALUE COUNT(1) FROM c WHERE c.name LIKE '%9%9%'",
  top100kMs: 'SELECT TOP 100 c.id, c.score FROM c ORDER BY c.score DESC',
  order100kMs: 'SELECT VALUE c.score FROM c ORDER BY c.score',
  group100kMs: 'SELECT c.tenant, COUNT(1) AS items, AVG(c.score) AS mean FROM c GROUP BY c.tenant',
  distinct100kMs: 'SELECT DISTINCT c.tenant, c.state FROM c',
  join100kMs: "SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags WHERE t = 'b3'",
} as const;

async function measureQueries({ container }: Running, { scale, signal, tell }: BenchContext): Promise<Figures> {
  const items = container('many');
  await fillMany(items, Math.ceil(manyItems * scale), signal);
  const figures: Record<string, number> = {};
  for (const [name, query] of Object.entries(queries)) {
    const timesMs: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      signal.throwIfAborted();
      const startMs = performance.now();
      await items.items.query<JSONValue>(query, { maxItemCount: 1000 }).fetchAll();
      timesMs.push(performance.now() - startMs);
    }
    const [, median = 0] = timesMs.toSorted((left, right) => left - right);
    figures[name] = median;
    tell(`${Math.round(median)} ms: ${query}`);
  }
  return figures;
}

function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

async function openSoak(context: BenchContext): Promise<Soak> {
  const { container, server, stop } = await start(context);
  const items = container('items');
  const count = Math.ceil(roundItems * context.scale);
  const query = 'SELECT c.head, COUNT(1) AS items FROM c GROUP BY c.head';
  let rounds = 0;
  const round = async (): Promise<number> => {
    rounds += 1;
    const load = { items, prefix: `round-${rounds}-`, count, signal: context.signal };
    await createAll(load);
    await readAll(load);
    await patchAll(load);
    await items.items.query<JSONValue>(query).fetchAll();
    await deleteAll(load);
    return 4 * count + 1;
  };
  return { server, round, stop };
}
