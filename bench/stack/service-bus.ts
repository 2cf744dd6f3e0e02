import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceBusClient } from '@azure/service-bus';
import { z } from 'zod';
import { type Child, startChild } from '../../local/child-process.ts';
import { readProcessUsage } from '../process-usage.ts';
import type { BenchContext, BenchPart, Figures, Soak } from './part.ts';
import { bodyBytes, completeAll, sendAll } from './service-bus-load.ts';
import { measureSqliteFloor } from './sqlite-floor.ts';

/** Messages that are measured in each run, and before, so that the code is compiled. */
const measured = 100_000;
const warmUp = 20_000;
/** What lies on the queue, untouched, while the same is measured with little and with much behind it. */
const shortQueue = 1000;
const longQueue = 1_000_000;
/** Of each round of the soak. */
const roundMessages = 5000;

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('service-bus-process.ts', import.meta.url));
const queue = 'bench';

export const serviceBusPart: BenchPart = {
  name: 'serviceBus',
  about: `messages of ${bodyBytes} bytes sent in full batches; received 200 at a time and completed; with ${shortQueue} and ${longQueue} queued`,
  measure,
  openSoak,
};

interface Running {
  readonly server: Child;
  readonly client: ServiceBusClient;
  readonly stop: () => Promise<void>;
}

async function start({ folder, signal }: BenchContext): Promise<Running> {
  const settings = JSON.stringify({ databasePath: join(folder, 'queues.db'), queues: [{ name: queue }] });
  const server = await startChild({ name: 'Service Bus', args: [script, settings], cwd: root, signal });
  const { connectionString } = z.object({ connectionString: z.string() }).parse(server.ready);
  const client = new ServiceBusClient(connectionString);
  const stop = async (): Promise<void> => {
    await client.close();
    await server.stop();
  };
  return { server, client, stop };
}

interface Cost {
  readonly sentPerSecond: number;
  readonly completedPerSecond: number;
  /** CPU of the server's process for a message, in microseconds. */
  readonly sentCpuUs: number;
  readonly completedCpuUs: number;
  readonly rssMb: number;
}

async function measure(context: BenchContext): Promise<Figures> {
  const { folder, scale, signal, tell } = context;
  const count = Math.ceil(measured * scale);
  const floor = measureSqliteFloor({ folder, rows: count, bytes: bodyBytes, group: 500 });
  tell(
    `floor: ${perSecond(floor.insertsPerSecond)} inserts and ${perSecond(floor.deletesPerSecond)} deletes in SQLite`,
  );
  const running = await start(context);
  try {
    const { client } = running;
    await sendAll(client, queue, Math.ceil(warmUp * scale), signal);
    await completeAll(client, queue, Math.ceil(warmUp * scale), signal);
    await sendAll(client, queue, shortQueue, signal);
    const short = await costOf(running, count, context);
    await sendAll(client, queue, Math.ceil(longQueue * scale) - shortQueue, signal);
    tell(`${Math.ceil(longQueue * scale)} queued:`);
    const long = await costOf(running, count, context);
    return {
      sentPerSecond: short.sentPerSecond,
      completedPerSecond: short.completedPerSecond,
      sentPerSecondLong: long.sentPerSecond,
      completedPerSecondLong: long.completedPerSecond,
      sentCpuUs: short.sentCpuUs,
      sentCpuUsLong: long.sentCpuUs,
      completedCpuUs: short.completedCpuUs,
      completedCpuUsLong: long.completedCpuUs,
      costRatio: (long.sentCpuUs + long.completedCpuUs) / (short.sentCpuUs + short.completedCpuUs),
      rssMb: short.rssMb,
      rssMbLong: long.rssMb,
      floorInsertsPerSecond: floor.insertsPerSecond,
      floorDeletesPerSecond: floor.deletesPerSecond,
      sentShareOfFloor: short.sentPerSecond / floor.insertsPerSecond,
      completedShareOfFloor: short.completedPerSecond / floor.deletesPerSecond,
    };
  } finally {
    await running.stop();
  }
}

async function costOf({ client, server }: Running, count: number, { signal, tell }: BenchContext): Promise<Cost> {
  const before = await readProcessUsage(server.pid);
  const startMs = performance.now();
  await sendAll(client, queue, count, signal);
  const sentMs = performance.now();
  const sent = await readProcessUsage(server.pid);
  await completeAll(client, queue, count, signal);
  const endMs = performance.now();
  const end = await readProcessUsage(server.pid);
  const cost = {
    sentPerSecond: (count * 1000) / (sentMs - startMs),
    completedPerSecond: (count * 1000) / (endMs - sentMs),
    sentCpuUs: ((sent.cpuMs - before.cpuMs) * 1000) / count,
    completedCpuUs: ((end.cpuMs - sent.cpuMs) * 1000) / count,
    rssMb: end.rssMb,
  };
  tell(
    `${perSecond(cost.sentPerSecond)} sent at ${cost.sentCpuUs.toFixed(0)} µs of the server each, ` +
      `${perSecond(cost.completedPerSecond)} received and completed at ${cost.completedCpuUs.toFixed(0)} µs; ${cost.rssMb} MB`,
  );
  return cost;
}

function perSecond(value: number): string {
  return `${Math.round(value).toLocaleString('en')}/s`;
}

async function openSoak(context: BenchContext): Promise<Soak> {
  const { client, server, stop } = await start(context);
  const round = async (): Promise<number> => {
    const count = Math.ceil(roundMessages * context.scale);
    await Promise.all([
      sendAll(client, queue, count, context.signal),
      completeAll(client, queue, count, context.signal),
    ]);
    return count;
  };
  return { server, round, stop };
}
