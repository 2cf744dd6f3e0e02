/** `npm run bench:peers`: see `help` in `options.ts` and the README beside this file. */
import { availableParallelism, totalmem } from 'node:os';
import { buildApp } from '../app-under-test.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import type { Entry } from './contender.ts';
import { field, type PeerName, peerNames, type PeerSetting, type TokenWindow } from './field.ts';
import { bestSetting, firstTries, nextTries, score, untunedSetting } from './tuning.ts';
import { type HeatContext, type HeatPlan, type HeatRow, mostBusyShare, mostLagMs, runHeat } from './heat.ts';
import { help, type Options, readOptions } from './options.ts';
import { textTable } from './table.ts';
import { makeTrace } from './trace.ts';
import { writeResults } from './write-results.ts';

const tuningSeed = 1;
/** Tuning runs are shorter than those that are reported. */
const tuningMinutes = 2.5;

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  introduce(options);
  const app = await buildApp();
  try {
    const context: HeatContext = { app, signal, tell: console.log };
    const rows: HeatRow[] = [];
    const tuned: HeatRow[] = [];
    for (const window of options.windows) {
      const tuning = await tune(options, window, context);
      tuned.push(...tuning.rows);
      for (const seed of options.seeds) {
        const plan = planOf({ window, seed, minutes: options.minutes, entries: tuning.entries, title: 'Reported run' });
        rows.push(...(await runValid(plan, context)));
      }
    }
    console.log(`\n${textTable(rows)}\n`);
    if (options.out !== undefined) {
      console.log(`Written: ${(await writeResults(options.out, rows)).join(', ')}`);
    }
    console.log(JSON.stringify({ rows: rows.map(rounded), tuning: tuned.map(rounded), settings: settingsOf(options) }));
  } finally {
    await app.remove();
  }
}

function introduce(options: Options): void {
  const { jobsInHand, latency, model, processes, requestsPerMinute, requestWindowSeconds, tokensPerMinute } = field;
  console.log(
    [
      `Machine: ${availableParallelism()} CPUs, ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}.`,
      `Settings: ${JSON.stringify(options)}`,
      `Endpoint: a process for each contender, with ${model}, ${tokensPerMinute} tokens a minute (60 s window) and`,
      `  ${requestsPerMinute} requests a minute (judged over ${requestWindowSeconds} s), windows empty at the start; latency ${JSON.stringify(latency)}.`,
      `Trace: ${options.minutes} minutes of the quota, all jobs there at the start; log-normal costs, mean 1,200 tokens, at most 16,000.`,
      `Each contender: ${processes} processes, ${jobsInHand} jobs in hand of each at the most, costs by the same estimator.`,
      'Contenders run at the same time, each against an endpoint and a limiter of its own. Every attempt is counted, at the endpoint.',
      `Tuning: seed ${tuningSeed}, ${tuningMinutes} minutes of the quota; least makespan ratio + 429s per job, every peer from the same first tries.`,
      `A run with the machine's CPU above ${mostBusyShare * 100} % or its endpoint's event-loop lag p99 above ${mostLagMs} ms is void.`,
    ].join('\n'),
  );
}

interface Tuning {
  /** Who runs, each as it was best. */
  readonly entries: readonly Entry[];
  readonly rows: readonly HeatRow[];
}

async function tune(options: Options, window: TokenWindow, context: HeatContext): Promise<Tuning> {
  const peers = peerNames.filter((name) => options.isTuned && options.contenders.includes(name));
  const rows: HeatRow[] = [];
  const best = (peer: PeerName): PeerSetting =>
    bestSetting(rows.filter(({ contender }) => contender === peer)) ?? untunedSetting;
  const tryAll = async (round: number, tries: (peer: PeerName) => readonly PeerSetting[]): Promise<void> => {
    const entries = peers.flatMap((contender) => tries(contender).map((setting) => ({ contender, setting })));
    const plan = { window, seed: tuningSeed, minutes: tuningMinutes, entries, title: `Tuning, round ${round}` };
    rows.push(...(await runValid(planOf(plan), context)));
  };
  if (peers.length > 0) {
    await tryAll(1, () => firstTries.slices);
    await tryAll(2, () => firstTries.windows);
    await tryAll(3, (peer) => nextTries(best(peer)));
  }
  const entries: Entry[] = options.contenders.map((contender) =>
    contender === 'sluice' ? { contender } : { contender, setting: best(contender) },
  );
  console.log(`Settings that are reported: ${JSON.stringify(entries)}`);
  return { entries, rows };
}

function planOf(input: {
  readonly window: TokenWindow;
  readonly seed: number;
  readonly minutes: number;
  readonly entries: readonly Entry[];
  readonly title: string;
}): HeatPlan {
  const { minutes, title, ...rest } = input;
  const totalCost = minutes * field.tokensPerMinute;
  return { ...rest, title: `${title}, seed ${rest.seed}, ${rest.window} window`, totalCost, meanCost: meanCost() };
}

/** What the user of a limiter that counts jobs knows of them: the mean of the seed that settings are tuned on. */
function meanCost(): number {
  const plan = { seed: tuningSeed, model: field.model, totalCost: tuningMinutes * field.tokensPerMinute };
  const jobs = makeTrace(plan);
  return jobs.reduce((sum, { cost }) => sum + cost, 0) / jobs.length;
}

/** Those that were void once more; what the second time gives stands. */
async function runValid(plan: HeatPlan, context: HeatContext): Promise<readonly HeatRow[]> {
  const rows = await runHeat(plan, context);
  tellHeat(rows, context);
  const entries = plan.entries.filter((_, index) => rows[index]?.valid === false);
  if (entries.length === 0) {
    return rows;
  }
  const again = await runHeat({ ...plan, entries, title: `${plan.title}, what was void again` }, context);
  tellHeat(again, context);
  const rest = again.values();
  return rows.map((row) => (row.valid ? row : (rest.next().value ?? row)));
}

function tellHeat(rows: readonly HeatRow[], { tell }: HeatContext): void {
  for (const row of rows) {
    const load = `machine's CPU ${(row.busyShare * 100).toFixed(0)} %, endpoint's lag ${row.lagP99Ms.toFixed(0)} ms`;
    const setting = row.setting === undefined ? '' : ` ${row.setting.everySeconds} s × ${row.setting.margin}`;
    tell(`  ${row.contender}${setting}: ${row.valid ? 'valid' : 'VOID'} (${load}), score ${score(row).toFixed(3)}`);
  }
  tell(textTable(rows).replaceAll(/^/gmu, '  '));
}

function rounded(row: HeatRow): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value,
    ]),
  );
}

function settingsOf(options: Options): object {
  return { ...field, minutes: options.minutes, tuningSeed: options.isTuned ? tuningSeed : undefined, tuningMinutes };
}

await untilInterrupted(async (signal) => {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    console.log(help);
    return;
  }
  await bench(options, signal);
});
