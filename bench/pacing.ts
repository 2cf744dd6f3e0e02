/**
 * `npm run bench:pacing`: utilisation and 429s with real processes on the embedded stack, measured from outside. The last
 * line of stdout is one JSON object; everything before it is for people.
 */
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { buildApp } from './app-under-test.ts';
import { help, type PacingOptions, readOptions } from './pacing/options.ts';
import { groupRuns, planRuns } from './pacing/plan-runs.ts';
import { pacingReport, pacingRows } from './pacing/report.ts';
import { type JudgedRun, runGroup } from './pacing/run-group.ts';
import { describeRun } from './pacing/describe-run.ts';
import { untilInterrupted } from './until-interrupted.ts';

async function bench(options: PacingOptions, signal: AbortSignal): Promise<void> {
  const groups = groupRuns(planRuns(options), options.isOneAtATime);
  console.log(`Machine: ${availableParallelism()} CPUs, Node ${process.version}; seed ${options.seed}`);
  console.log('Bundling the app …');
  const app = await buildApp();
  try {
    const judged: JudgedRun[] = [];
    const folder = options.keep ?? join(app.folder, 'runs');
    for (const [index, runs] of groups.entries()) {
      console.log(
        `Group ${index + 1} of ${groups.length}, at the same time: ${runs.map(({ name }) => name).join(', ')}`,
      );
      console.log(runs.map(describeRun).join('\n'));
      judged.push(...(await runGroup(runs, { app, folder, signal, tell: console.log })));
    }
    console.log(`\n${pacingReport(judged)}`);
    console.log(JSON.stringify({ rows: pacingRows(judged) }));
  } finally {
    await app.remove();
  }
}

await untilInterrupted(async (signal) => {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(help);
    return;
  }
  await bench(options, signal);
});
