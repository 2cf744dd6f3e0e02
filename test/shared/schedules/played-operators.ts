import assert from 'node:assert/strict';
import { hasEnded, jobDocumentSchema } from '../../../shared/jobs/job-document.ts';
import { eraseJobs } from '../../../shared/dead-letters/erase-jobs.ts';
import { mayBeOf } from '../../../shared/dead-letters/inspect-letter.ts';
import { replayDeadLetters } from '../../../shared/dead-letters/replay-dead-letters.ts';
import { sweepQueue } from '../../../shared/dead-letters/sweep-dead-letters.ts';
import type { ScheduledStep } from '../cover-model.ts';
import { documentOf, keyOfActor, type Operator, type World } from '../jobs/claim-model-world.ts';
import { abstractOf } from './abstract-document.ts';
import { gatedProcess, type GatedProcess } from './gated-process.ts';
import type { Stage } from './play-schedule.ts';

type Step = ScheduledStep<World>;

/**
 * The operators of a schedule: replays, erasures and sweeps by the shipped use cases. One that the model lets rest is
 * dropped: what is left of its call is what a sweep does.
 */
export class PlayedOperators {
  readonly #stage: Stage;
  /** By what the model says of them: two that stand alike are alike. */
  readonly #played = new Map<string, GatedProcess[]>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async act(step: Step, what: string): Promise<void> {
    const from = moved(step.before, step.after);
    const to = moved(step.after, step.before);
    const key = keyOfActor(from);
    const process = from.step === 'idle' ? this.#begin(step, what) : this.#played.get(key)?.pop();
    assert.ok(process !== undefined, `an operator is at ${key}`);
    if (!what.startsWith('dies')) {
      await this.#go(step, process, from);
      if (to.step !== 'idle') {
        const others = this.#played.get(keyOfActor(to)) ?? [];
        this.#played.set(keyOfActor(to), [...others, process]);
      }
    }
  }

  #begin({ before }: Step, what: string): GatedProcess {
    const { stack, queue, jobId } = this.#stage;
    const isSweep = what.startsWith('judges');
    const settings = { queue, owner: 'operator', now: Date.now() - 60_000, isSweep };
    const process = gatedProcess(stack, settings);
    const { deps } = process;
    const span = deps.telemetry.startSpan('operator', { kind: 'internal' });
    const ids = [jobId];
    if (what === 'reads what to replay') {
      const selection = { ids, filter: {}, after: undefined, limit: 1, isDryRun: false, patch: undefined };
      void replayDeadLetters(deps, selection, span);
    } else if (what === 'reads what to erase') {
      void eraseJobs(deps, { ids, isErasable: hasEnded, span });
    } else {
      const [, sequence] = /judges dead letter (\d+)/u.exec(what) ?? [];
      const letter = before.dead.find((one) => one.sequence === Number(sequence));
      assert.ok(letter !== undefined);
      const isMeant = (head: Parameters<typeof mayBeOf>[0]): boolean =>
        mayBeOf(head, new Set(ids)) && head.epoch === letter.epoch;
      void sweepQueue(deps, { queue, isMeant, span });
    }
    return process;
  }

  async #go(step: Step, process: GatedProcess, from: Operator): Promise<void> {
    switch (from.step) {
      case 'idle':
        await pass(process, 'jobs.read');
        break;
      case 'replay':
      case 'erase':
      case 'adopt':
        await write(process, step);
        break;
      case 'send-replayed':
      case 'send-again':
        if (step.before.sent.includes(from.epoch) && step.after.messages.length > step.before.messages.length) {
          process.forgetSent();
        }
        await pass(process, 'queue.send');
        break;
      case 'remove':
        await pass(process, 'letters.remove');
        break;
    }
  }
}

/** The operator of the first world that is not in the second. */
function moved(one: World, other: World): Operator {
  const left = other.operators.map(keyOfActor);
  const found = one.operators.find((operator) => {
    const index = left.indexOf(keyOfActor(operator));
    if (index !== -1) {
      left.splice(index, 1);
    }
    return index === -1;
  });
  assert.ok(found !== undefined, 'an operator moved');
  return found;
}

async function pass(process: GatedProcess, name: string): Promise<void> {
  const gate = await process.gates.next(name);
  await gate.pass();
}

/** Lets a process write its document; where it may, that is the model's. */
async function write(process: GatedProcess, { before, after, action }: Step): Promise<void> {
  const gate = await process.gates.next('jobs.write');
  if (before.document !== after.document) {
    const document = jobDocumentSchema.parse(gate.args[0]);
    assert.deepEqual(abstractOf(document), abstractOf(documentOf(after)), 'the document that is written');
  }
  await gate.pass({ isReplyLost: action.endsWith('reply lost') });
}
