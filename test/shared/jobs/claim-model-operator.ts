import { hasEnded, isDeadLetter } from '../../../shared/jobs/job-document.ts';
import { deadLetterJob, replayJob } from '../../../shared/jobs/job-transitions.ts';
import { afterSend } from './claim-model-broker.ts';
import {
  type Bounds,
  documentOf,
  end,
  fault,
  idle,
  type Letter,
  numbered,
  numberOf,
  type Operator,
  queued,
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
    for (const letter of world.dead) {
      yield* judgeLetter(turn, letter);
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
    const next = bounds.rules.erase === undefined ? 0 : numberOf(bounds.rules.erase(document, 1));
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
    case 'adopt':
      yield adopt(turn, operator);
      break;
    case 'send-again':
      for (const sent of afterSend(world, operator.epoch, bounds)) {
        yield go(`sends epoch ${operator.epoch} again`, sent, { step: 'remove', letter: operator.letter });
      }
      break;
    case 'remove': {
      const dead = world.dead.filter(({ sequence }) => sequence !== operator.letter);
      yield go(`removes dead letter ${operator.letter}`, { ...world, dead }, idle);
      break;
    }
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

/** One that stays is looked at again and again, which leads nowhere. */
function* judgeLetter({ world, bounds, go }: Turn, letter: Letter): Generator<Step> {
  const { sequence, epoch, by } = letter;
  const document = documentOf(world);
  const facts = { by, epoch, sequenceNumber: String(sequence), digest: 'd' };
  const told = `judges dead letter ${sequence}`;
  switch (bounds.rules.sweep(facts, document)) {
    case 'keep':
      break;
    case 'remove':
      yield go(`${told}: remove`, world, { step: 'remove', letter: sequence });
      break;
    case 'send-then-remove':
      yield go(`${told}: send`, world, { step: 'send-again', letter: sequence, epoch: document?.epoch ?? 0 });
      break;
    case 'adopt': {
      const why = { reason: 'InvalidJob', description: '', figures: {} } as const;
      const next = deadLetterJob(document ?? queued(epoch), why, end);
      yield go(`${told}: adopt`, world, { step: 'adopt', over: world.document, next: numberOf(next) });
      break;
    }
  }
}

/** A letter of the broker's, whose job goes on: it ends, so that it can be replayed like others. */
function adopt({ world, go }: Turn, { over, next }: At<'adopt'>): Step {
  return world.document === over ? go('adopts', { ...world, document: next }, idle) : go('may not adopt', world, idle);
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
