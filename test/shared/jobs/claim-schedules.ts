import { coverModel, type Schedule } from '../cover-model.ts';
import { isSettled } from './claim-model-laws.ts';
import { firstWorld, nextWorlds } from './claim-model.ts';
import {
  type Bounds,
  documentOf,
  isHeldBy,
  keyOfWorld,
  ownerOf,
  type Worker,
  type World,
} from './claim-model-world.ts';

/** What one delivery's worker does: its owner and the rest of the action. */
export interface WorkerAction {
  readonly owner: string;
  readonly what: string;
}

/** Of a step of a worker that has a delivery; `undefined` for all others. */
export function workerAction(action: string): WorkerAction | undefined {
  const [, owner, what] = /^worker (\d+\.\d+) (.+)$/u.exec(action) ?? [];
  return owner === undefined || what === undefined ? undefined : { owner, what };
}

export function workerOf(world: World, owner: string): Worker | undefined {
  return world.workers.find((worker) => worker.step !== 'idle' && ownerOf(worker.delivery) === owner);
}

/**
 * Schedules in which every kind of step occurs in every situation that matters: what the actor does and where it stands,
 * whether it still has its lock, how the job stands, and where everybody else does.
 */
export function claimSchedules(bounds: Bounds): readonly Schedule<World>[] {
  return coverModel({
    initial: firstWorld(bounds),
    next: (world) => nextWorlds(world, bounds),
    keyOf: keyOfWorld,
    isGoal: isSettled,
    isPlayable,
    labelOf,
  });
}

function labelOf(before: World, action: string, after: World): string {
  const acting = workerAction(action);
  const worker = acting === undefined ? undefined : workerOf(before, acting.owner);
  const then = acting === undefined ? undefined : workerOf(after, acting.owner)?.step;
  const isHeld = before.messages.some(
    (one) => worker !== undefined && worker.step !== 'idle' && isHeldBy(one, worker.delivery),
  );
  const state = documentOf(before)?.state ?? 'none';
  const sent = after.messages.length - before.messages.length;
  const what = action.replaceAll(/\d+/gu, '#');
  return [what, worker?.step, then, isHeld, state, sent, ...bystanders(before, worker)].join(' ');
}

/** Where the others stand; of workers and operators together only those of the same trade. */
function bystanders(world: World, worker: Worker | undefined): readonly string[] {
  const workers = world.workers.filter((one) => one !== worker);
  const those = world.operators.length === 0 ? workers : world.operators;
  return worker !== undefined && world.operators.length > 0 ? [] : those.map(({ step }) => step);
}

/** Failed so often, a delivery still calls again. */
const mostFailed = 4;

/** A process calls again a few times only. */
function isPlayable(schedule: Schedule<World>): boolean {
  const owners = new Set(schedule.flatMap(({ action }) => workerAction(action)?.owner ?? []));
  return [...owners].every((owner) => {
    const ends = schedule.filter(({ before, action }) => {
      const answered = workerOf(before, owner)?.step === 'answer';
      return answered && workerAction(action)?.owner === owner && / writes running/u.test(action);
    });
    return ends.length <= mostFailed;
  });
}
