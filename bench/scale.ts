/**
 * `npm run bench:scale`: pacing with up to 256 workers, simulated in virtual time with the code that ships. The last
 * line of stdout is one JSON object; everything before it is for people.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { faults } from './simulation/faults.ts';
import { loadNames, loads } from './simulation/loads.ts';
import { planFaultRuns, planRuns } from './simulation/plan-runs.ts';
import { runInProcesses } from './simulation/run-in-processes.ts';
import { rowSchema, type SimulationRow, type SimulationRun } from './simulation/run-schema.ts';
import { cleanTable, faultTable, missesOf, verdict } from './simulation/table.ts';
import { untilInterrupted } from './until-interrupted.ts';

const help = `Simulates the shipped pacing in virtual time: the reserver, its back-off and the intake of the pump, from 1
to 256 workers on one bucket, against the limiter of the embedded Azure OpenAI.

  npm run bench:scale -- [--all] [--seed TEXT] [--load NAME] [--workers N] [--window sliding|fixed]

  --all            every number of workers, and every pattern of arrivals for all of them
  --seed TEXT      the same seed gives the same figures; default: 1
  --load NAME      only this load: ${loadNames.join(', ')}; can be given again for another
  --workers N      only this many workers; can be given again
  --window KIND    only this window of the service's token limit
  --processes N    runs at once; default: the CPUs of the machine
  --help           this text

Utilisation ("used") is the mean fullness of all windows of a minute, after the first two from idle. "worst" is the
fullest window of what was sent, at any phase ÷ limit. Waits of saturated runs count from the pull of a job.
`;

const options = {
  all: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  load: { type: 'string', multiple: true },
  workers: { type: 'string', multiple: true },
  window: { type: 'string' },
  processes: { type: 'string', default: String(availableParallelism()) },
  help: { type: 'boolean', default: false },
} as const;

const settingsSchema = z.object({
  all: z.boolean(),
  seed: z.string(),
  load: z.array(z.enum(loadNames)).optional(),
  workers: z.array(z.coerce.number().int().min(1).max(1024)).optional(),
  window: z.enum(['sliding', 'fixed']).optional(),
  processes: z.coerce.number().int().min(1).max(64),
});
type Settings = z.infer<typeof settingsSchema>;

async function bench(settings: Settings, signal: AbortSignal): Promise<void> {
  const choice = {
    isAll: settings.all,
    seed: settings.seed,
    loads: settings.load,
    workers: settings.workers,
    window: settings.window,
  };
  console.log(`Settings: ${JSON.stringify(settings)}. Node ${process.version}.`);
  for (const { name, about, minutes } of Object.values(loads)) {
    console.log(`  ${name.padEnd(14)} ${about}; ${minutes} minutes measured`);
  }
  for (const [name, { about }] of Object.entries(faults).filter(([fault]) => fault !== 'none')) {
    console.log(`  ${name.padEnd(14)} ${about}`);
  }
  const rows = await simulateAll([...planRuns(choice), ...planFaultRuns(choice)], settings, signal);
  report(rows);
}

function report(rows: readonly SimulationRow[]): void {
  const clean = rows.filter((row) => row.fault === 'none');
  const faulty = rows.filter((row) => row.fault !== 'none');
  const summary = (of: readonly SimulationRow[], good: string, bad: string): string => {
    const missed = of.filter((row) => missesOf(row).length > 0).length;
    return missed === 0 ? `${good} in all ${of.length} runs.` : `${bad} in ${missed} of ${of.length} runs.`;
  };
  console.log(`\nClean runs: latency, clocks off by 25 ms\n\n${cleanTable(clean)}`);
  console.log(summary(clean, 'Aims met', 'Aims NOT met'));
  console.log(`\nRuns with faults\n\n${faultTable(faulty, clean)}`);
  console.log(summary(faulty, 'As expected', 'NOT as expected'));
  console.log(JSON.stringify({ rows: rows.map(rounded) }));
}

async function simulateAll(
  runs: readonly SimulationRun[],
  settings: Settings,
  signal: AbortSignal,
): Promise<readonly SimulationRow[]> {
  const rows: SimulationRow[] = [];
  const startedAt = performance.now();
  // The longest first, so that no process is left with one at the end.
  const longestFirst = runs.toSorted((a, b) => b.workers * loads[b.load].minutes - a.workers * loads[a.load].minutes);
  await runInProcesses(longestFirst, {
    script: new URL('./simulation/simulation-process.ts', import.meta.url),
    processes: settings.processes,
    signal,
    onResult: (result) => {
      const row = rowSchema.parse(result);
      rows.push(row);
      const { load, arrival, fault, window, workers, utilisation, wallMs } = row;
      const progress = `${String(rows.length).padStart(3)}/${runs.length}`;
      const how = fault === 'none' ? arrival : fault;
      const what = `${load}, ${how}, ${window}, ${workers} workers, seed ${row.seed}`;
      console.log(
        `${progress}  ${what}: ${utilisation.toFixed(3)} in ${(wallMs / 1000).toFixed(1)} s, ${verdict(row)}`,
      );
    },
  });
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(`${runs.length} runs in ${seconds.toFixed(0)} s.`);
  return rows;
}

function rounded(row: SimulationRow): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === 'number' ? Number(value.toPrecision(5)) : value]),
  );
}

const { values } = parseArgs({ options, allowPositionals: false });
if (values.help) {
  console.log(help);
} else {
  await untilInterrupted(async (signal) => bench(settingsSchema.parse(values), signal));
}
