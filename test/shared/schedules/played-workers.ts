import assert from 'node:assert/strict';
import { jobDocumentSchema } from '../../../shared/jobs/job-document.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { JobEnd } from '../../../shared/pipeline/end-job.ts';
import { runJob } from '../../../shared/pipeline/run-job.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import type { ScheduledStep } from '../cover-model.ts';
import { type WorkerAction, workerOf } from '../jobs/claim-schedules.ts';
import { type DocumentNumber, numbered, ownerOf, type Worker, type World } from '../jobs/claim-model-world.ts';
import { abstractOf } from './abstract-document.ts';
import { gatedProcess, type GatedProcess } from './gated-process.ts';
import { within } from './gates.ts';
import type { HeldMessages } from './held-messages.ts';
import type { Stage } from './play-schedule.ts';

/** A delivery that is being run, in a process of its own. */
interface Played {
  readonly process: GatedProcess;
  readonly end: Promise<JobEnd>;
}

type Step = ScheduledStep<World>;

/** These processes park a job that is throttled once, and call again after a failure. */
const throttled: CallVerdict = { kind: 'throttled', scope: 'quota', retryAfterMs: 0 };
const failed: CallVerdict = { kind: 'failed', code: 'server_error', message: 'It failed.' };
const refused: CallVerdict = { kind: 'refused', reason: 'InvalidRequest', code: 'bad', message: 'No.', details: {} };

/** The workers of a schedule: what the model says that they do, the shipped use case is let do. */
export class PlayedWorkers {
  readonly #stage: Stage;
  readonly #messages: HeldMessages;
  readonly #played = new Map<string, Played>();
  /** Parked jobs are due at once, each delivery's at a time of its own. */
  readonly #now = Date.now() - 60_000;

  constructor(stage: Stage, messages: HeldMessages) {
    this.#stage = stage;
    this.#messages = messages;
  }

  begin(sequence: number, before: World): void {
    const message = before.messages.find((one) => one.sequence === sequence);
    assert.ok(message !== undefined);
    const owner = ownerOf(message);
    const { stack, queue } = this.#stage;
    const now = this.#now + sequence * 100 + message.deliveries;
    const process = gatedProcess(stack, { queue, owner, now });
    const [pool] = process.deps.pools;
    assert.ok(pool !== undefined);
    const received = process.gated(this.#messages.messageOf(sequence));
    const run = { pool, message: received, pump: '', stopping: process.stopping, onStart: () => undefined };
    this.#played.set(owner, { process, end: runJob(process.deps, run) });
  }

  /** Everybody who lives is done, and calls nothing any more. */
  async checkIdle(): Promise<void> {
    for (const [owner, { process, end }] of this.#played) {
      await within(end, `worker ${owner} is not done; it waits for ${process.gates.names.join()}`);
      assert.deepEqual(process.gates.names, [], `worker ${owner} goes on`);
    }
  }

  async act(step: Step, { owner, what }: WorkerAction): Promise<void> {
    const worker = workerOf(step.before, owner);
    const played = this.#played.get(owner);
    assert.ok(worker !== undefined && played !== undefined, `worker ${owner} runs`);
    if (what.startsWith('dies')) {
      this.#played.delete(owner);
      return;
    }
    switch (worker.step) {
      case 'idle':
        break;
      case 'read':
      case 'look-again':
      case 'unmark':
        await pass(played, 'jobs.read');
        break;
      case 'run':
        await this.#fromRun(step, played, { owner, what });
        break;
      case 'call':
        await pass(played, 'models.call');
        break;
      case 'answer':
        await this.#fromAnswer(step, played, { owner, what });
        break;
      case 'claim':
      case 'write-again':
      case 'write-unmarked':
        await write(played, worker.next, what);
        break;
      case 'send':
        if (step.after.messages.length > step.before.messages.length) {
          forgetKnown(step.before, played);
        }
        await pass(played, 'queue.send');
        break;
      case 'settle':
        await pass(played, settlements[worker.how]);
        break;
    }
  }

  async #fromRun(step: Step, played: Played, { owner, what }: WorkerAction): Promise<void> {
    const { process } = played;
    if (what === 'calls') {
      await process.start('start');
      await pass(played, 'models.call');
    } else if (isLeaving(what)) {
      await process.gates.next('start');
      leave(process, what);
    } else {
      const wanted = wantedBy(step, owner);
      const { reason } = numbered(wanted);
      if (reason !== 'WorkerCrashed') {
        await process.start(reason === 'Expired' ? 'too-late' : 'start');
      }
      await write(played, wanted, what);
    }
  }

  async #fromAnswer(step: Step, played: Played, { owner, what }: WorkerAction): Promise<void> {
    const { process } = played;
    if (isLeaving(what)) {
      leave(process, what);
      return;
    }
    const wanted = wantedBy(step, owner);
    switch (numbered(wanted).state) {
      case 'completed':
        process.answer(completedWith('Hello'));
        break;
      case 'parked':
        process.answer(throttled);
        break;
      case 'running':
        process.answer(failed);
        break;
      case 'queued':
      case 'dead-lettered':
      case 'cancelled':
      case 'expired':
        process.answer(refused);
        break;
    }
    await write(played, wanted, what);
  }
}

const settlements = {
  complete: 'message.complete',
  'dead-letter': 'message.deadLetter',
  abandon: 'message.abandon',
} as const;

async function pass({ process }: Played, name: string): Promise<void> {
  const gate = await process.gates.next(name);
  await gate.pass();
}

/** Lets a process write its document, which must be the model's. */
async function write({ process }: Played, wanted: DocumentNumber, what: string): Promise<void> {
  const gate = await process.gates.next('jobs.write');
  const document = jobDocumentSchema.parse(gate.args[0]);
  assert.deepEqual(abstractOf(document), abstractOf(numbered(wanted)), 'the document that is written');
  await gate.pass({ isReplyLost: what.endsWith('reply lost') });
}

function isLeaving(what: string): boolean {
  return what === 'stops' || what === 'learns that its lock is lost';
}

function leave(process: GatedProcess, what: string): void {
  if (what === 'stops') {
    process.stop();
  } else {
    process.lockLost.abort();
  }
}

/** The document that a step writes, or may not write. */
function wantedBy({ after }: Step, owner: string): DocumentNumber {
  const then: Worker | undefined = workerOf(after, owner);
  return then?.step === 'look-again' ? then.next : after.document;
}

/** The model's broker takes the message although it knows the epoch: so it has forgotten it. */
function forgetKnown(before: World, { process }: Played): void {
  const worker = before.workers.find((one) => one.step === 'send');
  if (worker?.step === 'send' && before.sent.includes(numbered(worker.next).epoch)) {
    process.forgetSent();
  }
}
