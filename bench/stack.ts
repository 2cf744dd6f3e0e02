/**
 * `npm run bench:stack`: what the embedded stack itself can do. The last line of stdout is one JSON object; progress, for
 * people, goes to stderr.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { help, readOptions, type StackBenchOptions } from './stack/options.ts';
import type { BenchContext, BenchPart, Figures } from './stack/part.ts';
import { runSoak } from './stack/run-soak.ts';
import { untilInterrupted } from './until-interrupted.ts';

async function bench(options: StackBenchOptions, signal: AbortSignal): Promise<void> {
  const memory = Math.round(totalmem() / 1e9);
  console.error(
    `Machine: ${availableParallelism()} CPUs, ${memory} GB, Node ${process.version}; scale ${options.scale}`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-stack-'));
  const contextOf = async (purpose: string, part: BenchPart): Promise<BenchContext> => {
    const own = join(folder, `${purpose}-${part.name}`);
    await mkdir(own);
    const tell = (line: string): void => console.error(`  ${line}`);
    return { folder: own, signal, tell, scale: options.scale };
  };
  try {
    const result: Record<string, Figures> = {};
    for (const part of options.parts) {
      console.error(`${part.name}: ${part.about}`);
      result[part.name] = rounded(await part.measure(await contextOf('measure', part)));
    }
    if (options.soakMinutes > 0) {
      console.error(`Soak: ${options.soakMinutes} minutes, ${options.parts.map(({ name }) => name).join(' and ')}`);
      const soaked = await runSoak(options, async (part) => contextOf('soak', part), signal);
      result['soak'] = rounded(soaked);
    }
    console.log(JSON.stringify(result));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rounded(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, Math.round(value * 1000) / 1000]));
}

await untilInterrupted(async (signal) => {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(help);
    return;
  }
  await bench(options, signal);
});
// What was started has been stopped; a client of Service Bus that lost its connection may keep its process for minutes.
process.exit();
