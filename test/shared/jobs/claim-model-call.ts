import { hasEnded, type JobDocument } from '../../../shared/jobs/job-document.ts';
import {
  completeJob,
  deadLetterJob,
  endCall,
  hasOpenCall,
  openCall,
  parkJob,
} from '../../../shared/jobs/job-transitions.ts';
import { complete } from './claim-model-broker.ts';
import { brokenBySettling } from './claim-model-settle.ts';
import { afterWrite, type At, type Turn, write } from './claim-model-turn.ts';
import {
  type Delivery,
  documentOf,
  type DocumentNumber,
  end,
  fault,
  idle,
  isHeldBy,
  numbered,
  numberOf,
  ownerOf,
  type Step,
  type Worker,
  type World,
} from './claim-model-world.ts';

/** What is done before a call: the job is poison, it is too late, the process stops, or the call is marked. */
export function* beginnings(turn: Turn, { delivery, over }: At<'run'>): Generator<Step> {
  const { bounds } = turn;
  const document = numbered(over);
  if (bounds.rules.isPoison(document)) {
    yield* endWith(turn, { delivery, over }, deadLettered(document, 'WorkerCrashed'));
    return;
  }
  if (document.deadline !== undefined) {
    yield* endWith(turn, { delivery, over }, deadLettered(document, 'Expired'));
  }
  yield* stops(turn, delivery);
  if (!bounds.rules.isCallMarkedFirst || hasOpenCall(document, ownerOf(delivery))) {
    yield calls(turn, { delivery, over });
  } else {
    yield* endWith(turn, { delivery, over }, openCall(document, 0));
  }
}

/** The mark is stored. */
export function calls({ world, go }: Turn, { delivery, over }: Pick<At<'call'>, 'delivery' | 'over'>): Step {
  return go('calls', world, { step: 'answer', delivery, over });
}

/** Storing the mark took so long that the start is over: without the mark the delivery waits for its next one. */
export function* misses(turn: Turn, { delivery, over }: At<'call'>): Generator<Step> {
  const { world, bounds, go } = turn;
  const next = numberOf(endCall(numbered(over), ownerOf(delivery)));
  yield* fault(world, bounds, {
    kind: 'miss',
    ...go('misses its start', world, { step: 'write-again', delivery, over, next }),
  });
}

/** What a call may lead to; or its process stops, or learns that the lock is lost. */
export function* endings(turn: Turn, { delivery, over }: At<'answer'>): Generator<Step> {
  const { bounds } = turn;
  const document = numbered(over);
  const parking = { dueAt: bounds.rules.dueAt(delivery), requestRef: 'r' };
  const parked = document.epoch < bounds.highestEpoch ? [parkJob(document, parking)] : [];
  for (const next of [completeJob(document, {}, end), deadLettered(document, 'InvalidRequest'), ...parked]) {
    yield* endWith(turn, { delivery, over }, next);
  }
  yield* callsAgain(turn, { delivery, over });
  yield* stops(turn, delivery);
}

/** Throttled, or failed and tried again: without the mark the delivery waits for its next call. */
function* callsAgain(turn: Turn, { delivery, over }: Pick<At<'answer'>, 'delivery' | 'over'>): Generator<Step> {
  const { world, bounds, go } = turn;
  if (bounds.rules.isMarkTakenBetweenCalls) {
    yield* endWith(turn, { delivery, over }, endCall(numbered(over), ownerOf(delivery)));
  } else {
    yield go('has to call again', world, { step: 'run', delivery, over });
  }
}

/** The process stops, and gives the job back; or it learns that it has lost the lock. */
function* stops({ world, bounds, go }: Turn, delivery: Delivery): Generator<Step> {
  if (world.messages.some((one) => isHeldBy(one, delivery))) {
    const stopped = go('stops', world, { step: 'unmark', delivery, how: 'abandon' });
    yield* fault(world, bounds, { kind: 'return', ...stopped });
  } else {
    yield go('learns that its lock is lost', world, { step: 'unmark', delivery, how: 'leave' });
  }
}

function deadLettered(document: JobDocument, reason: 'InvalidRequest' | 'Expired' | 'WorkerCrashed'): JobDocument {
  return deadLetterJob(document, { reason, description: '', figures: {} }, end);
}

function* endWith(
  turn: Turn,
  { delivery, over }: { readonly delivery: Delivery; readonly over: DocumentNumber },
  ending: JobDocument,
): Generator<Step> {
  const next = numberOf(ending);
  if (turn.bounds.rules.isSettledFirst && ending.state !== 'running') {
    const settled = complete(turn.world, delivery);
    const broken = brokenBySettling(turn.world, settled, { delivery, how: 'complete' });
    yield turn.go('settles first', settled, { step: 'write-again', delivery, over, next }, broken);
    return;
  }
  const then = { accepted: afterWrite(delivery, next), refused: { step: 'look-again', delivery, next } } as const;
  yield* write(turn, { over, next }, then);
}

/** A mark that is not there any more, or of a job that has ended, need not be taken away. */
export function afterMarked(world: World, { delivery, how }: At<'unmark'>): Worker {
  const document = documentOf(world);
  const owner = ownerOf(delivery);
  return document === undefined || hasEnded(document) || !hasOpenCall(document, owner)
    ? unmarked({ delivery, how })
    : { step: 'write-unmarked', delivery, how, over: world.document, next: numberOf(endCall(document, owner)) };
}

export function unmarked({ delivery, how }: Pick<At<'unmark'>, 'delivery' | 'how'>): Worker {
  return how === 'leave' ? idle : { step: 'settle', delivery, how: 'abandon' };
}
