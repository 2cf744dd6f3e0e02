import { hasOpenCall } from '../../../shared/jobs/job-transitions.ts';
import {
  type Bounds,
  type Delivery,
  documentOf,
  type DocumentNumber,
  fault,
  isOver,
  numbered,
  numberOf,
  ownerOf,
  type Step,
  type Worker,
  type World,
} from './claim-model-world.ts';

export type Busy = Exclude<Worker, { readonly step: 'idle' }>;
export type At<Name extends Busy['step']> = Extract<Busy, { readonly step: Name }>;
export type Go = (action: string, to: World, next: Worker, broken?: string) => Step;

export interface Turn {
  readonly world: World;
  readonly bounds: Bounds;
  readonly go: Go;
}

/** A conditional write. When its reply is lost, the adapter sends it again, and then hears of a conflict. */
export function* write(
  { world, bounds, go }: Turn,
  { over, next }: { readonly over: DocumentNumber; readonly next: DocumentNumber },
  { accepted, refused }: { readonly accepted: Worker; readonly refused: Worker },
): Generator<Step> {
  const { state } = numbered(next);
  if (bounds.rules.areWritesConditional && world.document !== over) {
    yield go(`may not write ${state}`, world, refused);
    return;
  }
  const to = { ...world, document: next, recorded: world.recorded + (state === 'completed' ? 1 : 0) };
  const broken = isOver(world) ? 'J1: an end was written over, or an erased job claimed' : undefined;
  yield go(`writes ${state}`, to, accepted, broken);
  yield* fault(world, bounds, { kind: 'reply', ...go(`writes ${state}, reply lost`, to, refused) });
}

/** What follows when `next` is stored; a running job was marked for its call, or waits for another one. */
export function afterWrite(delivery: Delivery, next: DocumentNumber): Worker {
  const document = numbered(next);
  switch (document.state) {
    case 'running':
      return { step: hasOpenCall(document, ownerOf(delivery)) ? 'call' : 'run', delivery, over: next };
    case 'parked':
      return { step: 'send', delivery, next };
    case 'queued':
    case 'completed':
    case 'cancelled':
      return { step: 'settle', delivery, how: 'complete' };
    case 'dead-lettered':
    case 'expired':
      return { step: 'settle', delivery, how: 'dead-letter' };
  }
}

export function afterConflict({ world, bounds }: Turn, { delivery, next }: At<'look-again'>): Worker {
  const current = documentOf(world);
  const owner = ownerOf(delivery);
  const wanted = numbered(next);
  const verdict = bounds.rules.judge({ current, next: wanted, owner });
  if (current !== undefined && verdict === 'written') {
    return afterWrite(delivery, wanted.state === 'running' ? world.document : next);
  }
  if (current !== undefined && verdict === 'again') {
    const rebased = bounds.rules.rebase(wanted, { from: current, owner });
    return { step: 'write-again', delivery, over: world.document, next: numberOf(rebased) };
  }
  return current?.state === 'cancelled'
    ? { step: 'settle', delivery, how: 'complete' }
    : { step: 'unmark', delivery, how: 'leave' };
}
