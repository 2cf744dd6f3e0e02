import { setTimeout as delay } from 'node:timers/promises';
import { cancelJob, postJobs, type Submitting } from './post-jobs.ts';
import type { JobPlan, PlannedSubmit, Stray } from './planned-job.ts';
import { sendUntilTaken } from './send-until-taken.ts';

/** Submits of one wave go out together. */
const waveMs = 250;

/** Jobs of one post at the most. */
const mostPosted = 40;

const intake = 'jobs';

/**
 * Submits the plan in waves, each way at its times. A job whose submit brought no word may exist or not: it is submitted
 * again under the same id until it is taken. Resolves when every job is.
 */
export async function submitPlan(submitting: Submitting, plan: JobPlan, startsAt: number): Promise<void> {
  const { signal, system } = submitting;
  const serviceBus = system.environment['ServiceBus'] ?? '';
  const until = async (atMs: number): Promise<void> =>
    delay(Math.max(0, startsAt + atMs - Date.now()), undefined, { signal });
  const models = new Map(plan.jobs.map(({ id, model }) => [id, model]));
  const queueOf = ({ jobId, way }: PlannedSubmit): string =>
    way === 'pool-queue' ? `${intake}-${models.get(jobId) ?? ''}` : intake;
  const submits = plan.jobs.flatMap((job) => job.submits);
  const waves = Map.groupBy(submits, ({ atMs }) => Math.floor(atMs / waveMs));
  const submitted = [...waves].flatMap(([wave, all]) => {
    const posted = chunked(all.filter(({ way }) => way === 'http'));
    const byQueue = Map.groupBy(
      all.filter(({ way }) => way !== 'http'),
      queueOf,
    );
    return [
      ...posted.map(async (some) => {
        await until(wave * waveMs);
        await postJobs(submitting, some);
      }),
      ...[...byQueue].map(async ([queue, some]) => {
        await until(wave * waveMs);
        await sendJobs(serviceBus, { submitting, queue, submits: some });
      }),
    ];
  });
  const strays = plan.strays.map(async (stray) => {
    await until(stray.atMs);
    await sendUntilTaken(serviceBus, { queue: intake, messages: [messageOf(stray)] }, signal);
  });
  const cancellations = plan.jobs.flatMap(({ cancelAtMs, id }) =>
    cancelAtMs === undefined ? [] : [{ id, cancelAtMs }],
  );
  const cancelled = cancellations.map(async ({ id, cancelAtMs }) => {
    await until(cancelAtMs);
    await cancelJob(submitting, id);
  });
  await Promise.all([...submitted, ...strays, ...cancelled]);
}

async function sendJobs(
  serviceBus: string,
  input: {
    readonly submitting: Submitting;
    readonly queue: string;
    readonly submits: readonly PlannedSubmit[];
  },
): Promise<void> {
  const { submitting, queue, submits } = input;
  const messages = submits.map(({ jobId, number }) => ({
    body: Buffer.from(submitting.textOf(jobId)),
    contentType: 'application/json',
    // Another id for each submit of a job: the broker alone would drop the second.
    messageId: number === 0 ? jobId : `${jobId}.${number}`,
  }));
  submits.forEach(({ jobId }) => submitting.ledger.note(jobId, `sent to ${queue}`));
  await sendUntilTaken(serviceBus, { queue, messages }, submitting.signal);
  submits.forEach(submitting.ledger.accept);
}

function messageOf({ messageId, text }: Stray) {
  return { body: Buffer.from(text), messageId, contentType: 'application/json' };
}

function chunked<Value>(values: readonly Value[]): readonly (readonly Value[])[] {
  const count = Math.ceil(values.length / mostPosted);
  return Array.from({ length: count }, (_, index) => values.slice(index * mostPosted, (index + 1) * mostPosted));
}
