import assert from 'node:assert/strict';
import type { JobStore } from '../../../shared/jobs/job-store.ts';
import { cancelOne } from '../../../shared/pipeline/cancel-jobs.ts';
import { submitJobs } from '../../../shared/pipeline/submit-jobs.ts';
import { chatJob } from '../../fakes/pipeline-rig.ts';
import type { Schedule, ScheduledStep } from '../cover-model.ts';
import { workerAction } from '../jobs/claim-schedules.ts';
import { documentOf, type World } from '../jobs/claim-model-world.ts';
import { abstractOf } from './abstract-document.ts';
import { gatedProcess, type GatedProcess } from './gated-process.ts';
import { HeldMessages } from './held-messages.ts';
import { PlayedOperators } from './played-operators.ts';
import { PlayedWorkers } from './played-workers.ts';
import type { ScheduleStack } from './schedule-stack.ts';

/** What a schedule is played on: a job of its own, on a queue that no other uses meanwhile. */
export interface Stage {
  readonly stack: ScheduleStack;
  readonly queue: string;
  readonly jobId: string;
}

type Step = ScheduledStep<World>;

/**
 * Plays a schedule of the model with the shipped use cases against the embedded stack: each call of each process to the
 * outside is let through when the model takes that step. Fails where a process calls anything else, writes another document
 * than the model's, gets another message, or where all ends differently.
 */
export async function playSchedule(stage: Stage, schedule: Schedule<World>): Promise<void> {
  const letters = stage.stack.bus.counts(stage.queue).deadLettered;
  const played = new PlayedSchedule(stage, schedule);
  for (const [index, step] of schedule.entries()) {
    try {
      await played.take(step);
    } catch (error) {
      const actions = schedule.slice(0, index + 1).map(({ action }) => action);
      throw new Error(`${stage.jobId} failed at the last of:\n  ${actions.join('\n  ')}`, { cause: error });
    }
  }
  await played.checkEnd(letters);
}

class PlayedSchedule {
  readonly #stage: Stage;
  readonly #schedule: Schedule<World>;
  readonly #messages: HeldMessages;
  readonly #workers: PlayedWorkers;
  readonly #operators: PlayedOperators;
  /** Submit calls that have sent their message, and not written their document. */
  readonly #submits: GatedProcess[] = [];
  #recorded = 0;
  #isBegun = false;

  constructor(stage: Stage, schedule: Schedule<World>) {
    this.#schedule = schedule;
    this.#messages = new HeldMessages(stage.stack, stage.queue);
    this.#stage = { ...stage, stack: { ...stage.stack, jobs: this.#counted(stage.stack.jobs) } };
    this.#workers = new PlayedWorkers(this.#stage, this.#messages);
    this.#operators = new PlayedOperators(this.#stage);
  }

  async take(step: Step): Promise<void> {
    if (!this.#isBegun) {
      this.#isBegun = true;
      await this.#submit(false);
      await this.#messages.follow(step.before);
    }
    await this.#act(step);
    await this.#messages.follow(step.after);
  }

  async checkEnd(lettersBefore: number): Promise<void> {
    const { stack, queue, jobId } = this.#stage;
    await this.#workers.checkIdle();
    const end = this.#schedule.at(-1)?.after;
    assert.ok(end !== undefined);
    const stored = await stack.jobs.read(jobId);
    assert.deepEqual(abstractOf(stored?.document), abstractOf(documentOf(end)), `the document of ${jobId}`);
    const { active, locked, scheduled, deadLettered } = stack.bus.counts(queue);
    const counts = { messages: active + locked + scheduled, letters: deadLettered - lettersBefore };
    assert.deepEqual(counts, { messages: end.messages.length, letters: end.dead.length }, `the queue of ${jobId}`);
    assert.equal(this.#recorded, end.recorded, `results of ${jobId}`);
  }

  async #act(step: Step): Promise<void> {
    const { action, before, after } = step;
    const acting = workerAction(action);
    const [, sequence] = /(\d+)/u.exec(action) ?? [];
    if (acting !== undefined) {
      await this.#workers.act(step, acting);
    } else if (action.startsWith('an operator ')) {
      await this.#operators.act(step, action.slice('an operator '.length));
    } else if (action.startsWith('a worker receives')) {
      this.#workers.begin(Number(sequence), before);
    } else if (action.startsWith('the lock of')) {
      await this.#messages.endLock(Number(sequence));
    } else if (action === 'submit writes the document') {
      const gate = await this.#submits[0]?.gates.next('jobs.write');
      await gate?.pass();
    } else if (action === 'the job is submitted again') {
      await this.#submit(after.messages.length > before.messages.length);
    } else {
      assert.equal(action, 'the job is cancelled');
      const { jobs } = this.#stage.stack;
      const deps = { ...gatedProcess(this.#stage.stack, this.#settings('caller')).deps, jobs };
      assert.equal((await cancelOne(deps, this.#stage.jobId)).kind, 'cancelled');
    }
  }

  async #submit(isForgotten: boolean): Promise<void> {
    const process = gatedProcess(this.#stage.stack, this.#settings('caller'));
    if (isForgotten) {
      process.forgetSent();
    }
    const { jobId } = this.#stage;
    const submission = { envelope: chatJob('Hi', { id: jobId }), fallbackId: jobId, batchId: undefined };
    void submitJobs(process.deps, [submission], '');
    const gate = await process.gates.next('queue.send');
    await gate.pass();
    this.#submits.push(process);
  }

  #settings(owner: string) {
    return { queue: this.#stage.queue, owner, now: Date.now() };
  }

  #counted(jobs: JobStore): JobStore {
    return {
      ...jobs,
      replace: async (document, version) => {
        const written = await jobs.replace(document, version);
        this.#recorded += written !== 'conflict' && document.state === 'completed' ? 1 : 0;
        return written;
      },
    };
  }
}
