import { hasEnded, isDeadLetter, type JobDocument } from '../../../shared/jobs/job-document.ts';
import { replayJob } from '../../../shared/jobs/job-transitions.ts';
import { afterSend, lock, releaseDead, remove } from './claim-model-broker.ts';
import {
  type Bounds,
  deliveryOf,
  documentOf,
  fault,
  idle,
  numbered,
  numberOf,
  type Operator,
  type Step,
  withActor,
  type World,
} from './claim-model-world.ts';

type At<Name extends Operator['step']> = Extract<Operator, { readonly step: Name }>;
type Go = (action: string, to: World, next: Operator, broken?: string) => Step;

interface Turn {
  readonly world: World;
  readonly bounds: Bounds;
  readonly go: Go;
}

/** Replays and erasures are an operator's whim; what was begun goes on, and the dead-letter queue is swept in the end. */
export function* operatorSteps(world: World, index: number, bounds: Bounds): Generator<Step> {
  const operator = world.operators[index] ?? idle;
  const go: Go = (action, to, next, broken) => {
    const moved = { ...to, operators: withActor(to.operators, index, next) };
    return { action: `an operator ${action}`, to: moved, isProgress: true, broken };
  };
  const turn = { world, bounds, go };
  if (operator.step === 'idle') {
    yield* whims(turn);
    for (const message of world.dead.filter((one) => !one.isLocked)) {
      const held = deliveryOf(message);
      yield go(`locks dead ${message.sequence}`, lock(world, 'dead', message), { step: 'judge-dead', held });
    }
    return;
  }
  yield* busySteps(turn, operator);
  yield* fault(world, bounds, { kind: 'death', ...go(`dies before ${operator.step}`, world, idle) });
}

function* whims({ world, bounds, go }: Turn): Generator<Step> {
  const document = documentOf(world);
  if (document === undefined) {
    return;
  }
  const over = world.document;
  if (bounds.operations.includes('replay') && isDeadLetter(document) && document.epoch < bounds.highestEpoch) {
    const change = { digest: 'd', requestRef: 'r', pool: 'p', model: 'm' };
    const next = numberOf(replayJob(document, change, 1));
    yield { ...go('reads what to replay', world, { step: 'replay', over, next }), isProgress: false };
  }
  if (bounds.operations.includes('erase') && hasEnded(document) && !world.isErased) {
    const next = bounds.rules.eraseLeaves === 'tombstone' ? numberOf(tombstone(document)) : 0;
    yield { ...go('reads what to erase', world, { step: 'erase', over, next }), isProgress: false };
  }
}

function* busySteps(turn: Turn, operator: Exclude<Operator, { readonly step: 'idle' }>): Generator<Step> {
  const { world, bounds, go } = turn;
  switch (operator.step) {
    case 'replay':
      yield* replay(turn, operator);
      break;
    case 'send-replayed':
      for (const sent of afterSend(world, operator.epoch, bounds)) {
        yield go(`sends epoch ${operator.epoch}`, sent, idle);
      }
      break;
    case 'judge-dead':
      yield judgeDead(turn, operator);
      break;
    case 'send-again':
      for (const sent of afterSend(world, operator.epoch, bounds)) {
        yield go(`sends epoch ${operator.epoch} again`, sent, { step: 'remove-dead', held: operator.held });
      }
      break;
    case 'remove-dead':
      yield go(`removes dead ${operator.held.sequence}`, remove(world, operator.held, 'dead'), idle);
      break;
    case 'erase':
      yield* erase(turn, operator);
      break;
  }
}

function* replay({ world, bounds, go }: Turn, { over, next }: At<'replay'>): Generator<Step> {
  if (world.document !== over) {
    yield go('may not replay', world, idle);
    return;
  }
  const { epoch } = numbered(next);
  const dead = bounds.rules.replayRemovesFirst ? [] : world.dead;
  const to = { ...world, document: next, dead, lostCalls: 0, replayed: epoch };
  yield go('replays', to, { step: 'send-replayed', epoch });
  yield* fault(world, bounds, { kind: 'reply', ...go('replays, reply lost', to, idle) });
}

function judgeDead({ world, bounds, go }: Turn, { held }: At<'judge-dead'>): Step {
  const document = documentOf(world);
  switch (bounds.rules.sweep(document, held.epoch)) {
    case 'keep':
      return go('keeps a dead letter', releaseDead(world, held), idle);
    case 'remove':
      return go('finds a dead letter stale', world, { step: 'remove-dead', held });
    case 'send-parked-again':
      return go('finds a dead letter replayed', world, { step: 'send-again', held, epoch: document?.epoch ?? 0 });
  }
}

/** Before the messages: a job that is replayed meanwhile must keep them. */
function* erase({ world, bounds, go }: Turn, { over, next }: At<'erase'>): Generator<Step> {
  if (world.document !== over) {
    yield go('may not erase', world, idle);
    return;
  }
  const to = { ...world, document: next, isErased: true };
  yield go('erases', to, idle);
  yield* fault(world, bounds, { kind: 'reply', ...go('erases, reply lost', to, idle) });
}

function tombstone({ id, v, pool, model, digest, createdAt, epoch }: JobDocument): JobDocument {
  return { id, v, state: 'cancelled', pool, model, digest, createdAt, epoch, endedAt: 1 };
}
