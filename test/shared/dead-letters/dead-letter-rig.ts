import type {
  DeadLetterSelection,
  PurgeSelection,
  ReplaySelection,
} from '../../../shared/jobs/dead-letter-selection.ts';
import type { JobEnvelope } from '../../../shared/jobs/job-envelope.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import { replayDeadLetters, type Replayed } from '../../../shared/dead-letters/replay-dead-letters.ts';
import type { Span } from '../../../shared/telemetry/telemetry.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { startApp, untilDrained } from '../../fakes/app-process.ts';
import { chatJob, type PipelineRig, pipelineRig, type RigSettings } from '../../fakes/pipeline-rig.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { refused } from '../pipeline/run-one.ts';

export interface DeadLetterRig extends PipelineRig {
  /** While it is true, the models refuse every call. */
  readonly service: { isRefusing: boolean };
}

/** A rig whose models refuse every call at first. */
export function deadLetterRig(settings: Omit<RigSettings, 'script'> = {}): DeadLetterRig {
  const service = { isRefusing: true };
  const script = () => (service.isRefusing ? refused : completedWith('Hello'));
  return { ...pipelineRig({ ...settings, script }), service };
}

/** Submits jobs and runs them: they are dead letters then, and the models refuse nothing any more. */
export async function bury(rig: DeadLetterRig, envelopes: readonly JobEnvelope[]): Promise<void> {
  const submissions = envelopes.map((envelope) => ({ envelope, fallbackId: 'x', batchId: undefined }));
  await rig.clock.run(submitJobs(rig.process(), submissions, ''));
  await runAll(rig);
  rig.service.isRefusing = false;
}

export function named(...ids: readonly string[]): readonly JobEnvelope[] {
  return ids.map((id) => chatJob(`The text of ${id}`, { id }));
}

/** Runs whatever is queued, until nothing is left. */
export async function runAll(rig: DeadLetterRig): Promise<void> {
  const app = startApp(rig);
  await untilDrained(rig);
  await app.stop();
}

const everything: DeadLetterSelection = { ids: undefined, filter: {}, after: undefined, limit: 500, isDryRun: false };

export function selectionOf(changes: Partial<ReplaySelection>): ReplaySelection & PurgeSelection {
  return { ...everything, patch: undefined, messages: undefined, ...changes };
}

export function spanOf(deps: PipelineDeps): Span {
  return deps.telemetry.startSpan('test', { kind: 'internal' });
}

export async function replay(
  rig: DeadLetterRig,
  changes: Partial<ReplaySelection>,
  deps = rig.process(),
): Promise<Replayed> {
  return rig.clock.run(replayDeadLetters(deps, selectionOf(changes), spanOf(deps)));
}

export function lettersIn(rig: PipelineRig, queue = 'jobs'): readonly string[] {
  return rig.queue.deadLetters(queue).map(({ messageId }) => messageId);
}
