/**
 * `npm run chaos`: jobs through several processes of the app while faults come, and an audit from outside. The last line
 * of stdout is one JSON object; everything before it is for people.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildApp } from './app-under-test.ts';
import { type ChaosOptions, help, readOptions } from './chaos/options.ts';
import { chaosResult, describeFinding, describeFindings, historyOf, summaryTable } from './chaos/report.ts';
import { type ChaosRun, runChaos } from './chaos/run-chaos.ts';
import { skewedClockEnvironment } from './pacing/skewed-clock.ts';
import { untilInterrupted } from './until-interrupted.ts';

async function chaos(options: ChaosOptions, signal: AbortSignal): Promise<void> {
  const { jobs, keep, minutes, processes, seed } = options;
  console.log(
    `Seed ${seed}: ${jobs} jobs, ${processes} processes, faults for ${minutes} minutes. Node ${process.version}`,
  );
  const canSkew = await canSkewClocks();
  if (!canSkew && options.kinds.includes('skew-clock')) {
    console.log('Clocks are not skewed: faketime is not installed (apt-get install faketime).');
  }
  const folder = keep === undefined ? await mkdtemp(join(tmpdir(), 'sluice-chaos-')) : resolve(keep);
  await mkdir(folder, { recursive: true });
  const app = await buildApp();
  try {
    const run = await runChaos(options, { app, folder, canSkew, signal, tell: console.log });
    await report(run, { options, folder });
  } finally {
    await app.remove();
  }
}

async function report(
  { audit, facts }: ChaosRun,
  { options, folder }: { readonly options: ChaosOptions; readonly folder: string },
): Promise<void> {
  console.log(`\n${summaryTable(audit, facts)}\n`);
  await writeFile(join(folder, 'jobs.txt'), facts.entries.map(({ job }) => historyOf(job.id, facts)).join('\n'));
  const isGood = audit.findings.length === 0;
  if (isGood) {
    console.log('The audit found nothing.');
    await (options.keep === undefined ? rm(folder, { recursive: true, force: true }) : undefined);
  } else {
    process.exitCode = 1;
    const ids = new Set(audit.findings.flatMap(({ jobId }) => (jobId === undefined ? [] : [jobId])));
    const all = [...audit.findings.map(describeFinding), ...[...ids].map((id) => historyOf(id, facts))];
    await writeFile(join(folder, 'findings.txt'), `${all.join('\n')}\n`);
    console.log(describeFindings(audit, facts));
    console.log(`The same faults come again with --seed ${options.seed}. Logs, traces and databases: ${folder}`);
  }
  console.log(JSON.stringify(chaosResult(audit, facts, options.seed)));
}

async function canSkewClocks(): Promise<boolean> {
  return skewedClockEnvironment(1).then(
    () => true,
    () => false,
  );
}

await untilInterrupted(async (signal) => {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(help);
    return;
  }
  await chaos(options, signal);
});
// All is told, and every process that was started has ended. What is left are this one's own clients of Service Bus: one
// that has lost its connection may keep its process alive for minutes.
process.exit();
