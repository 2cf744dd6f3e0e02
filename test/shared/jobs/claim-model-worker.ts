import { hasOpenCall, startJob } from '../../../shared/jobs/job-transitions.ts';
import { afterSend, lock } from './claim-model-broker.ts';
import { afterMarked, beginnings, calls, endings, misses, unmarked } from './claim-model-call.ts';
import { settle } from './claim-model-settle.ts';
import { afterConflict, afterWrite, type Busy, type Go, type Turn, write } from './claim-model-turn.ts';
import {
  type Bounds,
  type Delivery,
  deliveryOf,
  documentOf,
  fault,
  idle,
  numbered,
  numberOf,
  ownerOf,
  queued,
  type Step,
  withActor,
  type Worker,
  type World,
} from './claim-model-world.ts';

export function* workerSteps(world: World, index: number, bounds: Bounds): Generator<Step> {
  const worker = world.workers[index] ?? idle;
  const name = worker.step === 'idle' ? 'a worker' : `worker ${ownerOf(worker.delivery)}`;
  const go: Go = (action, to, next, broken) => {
    const moved = { ...to, workers: withActor(to.workers, index, next) };
    return { action: `${name} ${action}`, to: moved, isProgress: true, broken };
  };
  const turn = { world, bounds, go };
  if (worker.step === 'idle') {
    for (const message of world.messages.filter((one) => !one.isLocked)) {
      const delivery = deliveryOf(message);
      yield go(`receives ${message.sequence}`, lock(world, message), { step: 'read', delivery });
    }
    return;
  }
  yield* busySteps(turn, worker);
  const died = go(
    `dies before ${worker.step}`,
    { ...world, lostCalls: world.lostCalls + lostCall(world, worker) },
    idle,
  );
  yield* fault(world, bounds, { kind: 'death', ...died });
}

/** A call that was begun, and whose end nobody will store. */
function lostCall(world: World, worker: Busy): number {
  const document = documentOf(world);
  const isMarked = document !== undefined && hasOpenCall(document, ownerOf(worker.delivery));
  const isOpen = worker.step === 'answer' || (worker.step !== 'call' && isMarked);
  return isOpen && worker.delivery.epoch >= world.replayed ? 1 : 0;
}

function* busySteps(turn: Turn, worker: Busy): Generator<Step> {
  const { world, bounds, go } = turn;
  const { delivery } = worker;
  switch (worker.step) {
    case 'read':
      for (const next of afterRead(turn, delivery)) {
        yield go('reads', world, next);
      }
      break;
    case 'claim':
      yield* write(turn, worker, {
        accepted: { step: 'run', delivery, over: worker.next },
        refused: { step: 'read', delivery },
      });
      break;
    case 'run':
      yield* beginnings(turn, worker);
      break;
    case 'call':
      yield calls(turn, worker);
      yield* misses(turn, worker);
      break;
    case 'answer':
      yield* endings(turn, worker);
      break;
    case 'look-again':
      yield go('looks again', world, afterConflict(turn, worker));
      break;
    case 'write-again':
      yield* write(turn, worker, {
        accepted: afterWrite(delivery, worker.next),
        refused: { step: 'look-again', delivery, next: worker.next },
      });
      break;
    case 'unmark':
      yield go('reads what is marked', world, afterMarked(world, worker));
      break;
    case 'write-unmarked':
      yield* write(turn, worker, {
        accepted: unmarked(worker),
        refused: { step: 'unmark', delivery, how: worker.how },
      });
      break;
    case 'send': {
      const { epoch } = numbered(worker.next);
      for (const sent of afterSend(world, epoch, bounds)) {
        yield go(`sends epoch ${epoch}`, sent, { step: 'settle', delivery, how: 'complete' });
      }
      break;
    }
    case 'settle':
      yield settle(turn, worker);
      break;
  }
}

function* afterRead({ world, bounds }: Turn, delivery: Delivery): Generator<Worker> {
  const { epoch, sequence, deliveries } = delivery;
  const document = documentOf(world);
  const decision = bounds.rules.claim({
    document,
    delivery: { epoch, sequenceNumber: String(sequence), deliveryCount: deliveries, digest: 'd' },
    owner: ownerOf(delivery),
  });
  switch (decision.kind) {
    case 'run': {
      const next = startJob(document ?? queued(epoch), decision.claim, 0);
      yield { step: 'claim', delivery, over: world.document, next: numberOf(next) };
      break;
    }
    case 'claimed':
      yield { step: 'run', delivery, over: world.document };
      break;
    case 'complete':
    case 'dead-letter':
      yield { step: 'settle', delivery, how: decision.kind };
      break;
    case 'send-parked-again':
      yield { step: 'send', delivery, next: world.document };
      break;
    case 'leave':
      yield idle;
      break;
  }
}
