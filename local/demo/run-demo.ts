/**
 * The main job from submit to results: start everything, submit a file both ways, follow it, write what became of every
 * line, measure, stop.
 */
import { randomBytes } from 'node:crypto';
import { ensureBundle } from '../start/ensure-bundle.ts';
import { holdFolder } from '../start/hold-folder.ts';
import { runSystem, type System } from '../start/run-system.ts';
import { waitUntilHealthy } from '../start/wait-until-healthy.ts';
import { adminApi } from './admin-api.ts';
import { appApi, type Refusal } from './app-api.ts';
import { demoLayout } from './demo-layout.ts';
import type { DemoOptions } from './demo-options.ts';
import { emptyFolder } from './empty-folder.ts';
import { followRun } from './follow-run.ts';
import { intakeQueue } from './intake-queue.ts';
import { type Attempt, completedAttempts, measureRun } from './measure-run.ts';
import type { Painter } from './progress-painter.ts';
import type { BatchLine } from './read-batch-file.ts';
import { splitLines, submitLines } from './submit-lines.ts';
import type { RunSummary } from './summary.ts';
import { writeResults } from './write-results.ts';

export interface Demo {
  readonly options: DemoOptions;
  readonly lines: readonly BatchLine[];
  readonly painter: Painter;
  /** Ends the run; everything is stopped then as well. */
  readonly signal: AbortSignal;
}

/** @throws when a part cannot start or dies too often, or `signal` is aborted; nothing is left running */
export async function runDemo(demo: Demo): Promise<RunSummary> {
  const { options, painter, signal } = demo;
  const startedMs = performance.now();
  const over = new AbortController();
  const letGo = await holdFolder(options.folder, 'Wait for it to end, or take another folder with --folder FOLDER.');
  let system: System | undefined;
  try {
    await emptyFolder(options.folder);
    painter.say('Starting the stack and the app …');
    system = await runSystem({
      layout: demoLayout(options.folder, options.layout),
      prepareApp: async () => ensureBundle(painter.say),
      appPort: 0,
      processes: 1,
      say: painter.say,
      signal,
      ...(options.isVerbose ? { onLog: painter.say } : {}),
    });
    await waitUntilHealthy(system.url, signal);
    const failed = system.gaveUp.then((why) => Promise.reject(new Error(why)));
    const ended = AbortSignal.any([signal, over.signal]);
    return await Promise.race([runBatch({ ...demo, signal: ended }, system, startedMs), failed]);
  } finally {
    over.abort();
    painter.clear();
    if (system !== undefined) {
      painter.say('Stopping the app and the stack …');
      await system.stop();
    }
    letGo();
  }
}

async function runBatch(demo: Demo, system: System, startedMs: number): Promise<RunSummary> {
  const { options, lines, painter, signal } = demo;
  const batchId = `demo-${randomBytes(4).toString('hex')}`;
  const app = appApi(system.url, signal);
  const admin = adminApi(system.adminUrl);
  const queue = intakeQueue(system.environment['ServiceBus'] ?? '', signal);
  const refused = new Map<number, Refusal>();
  const split = splitLines(lines);
  painter.say(
    `Batch ${batchId}: ${split.overHttp.length} lines over HTTP, ${split.overQueue.length} straight onto the queue.`,
  );
  try {
    let isSubmitted = false;
    const submitting = submitLines({ app, queue, signal }, batchId, split, refused).then(() => {
      isSubmitted = true;
    });
    const deadlineMs = startedMs + options.timeoutMs;
    const view = { app, admin, queue, batchId, lines, refused, startedMs, deadlineMs, signal };
    const following = followRun({ ...view, isSubmitted: () => isSubmitted, show: painter.show });
    // Lines that could not be submitted are not worth waiting for.
    await Promise.race([following, submitting.then(async () => following)]);
    const account = await writeResults({ app, queue, signal }, { batchId, lines, refused, out: options.out });
    const attempts: Attempt[] = [];
    const states = new Map<string, string>();
    for await (const job of app.jobs(batchId)) {
      attempts.push(...completedAttempts(job));
      states.set(job.customId ?? job.id, job.status);
    }
    const figures = measureRun({ calls: await admin.calls(), limits: await admin.limits(), attempts });
    const seconds = (performance.now() - startedMs) / 1000;
    return { submitted: lines.length, account, figures, seconds, states };
  } finally {
    await queue.close();
  }
}
