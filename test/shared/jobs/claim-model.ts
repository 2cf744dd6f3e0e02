import { claimJob } from '../../../shared/jobs/claim-job.ts';
import { hasEnded, type JobDocument } from '../../../shared/jobs/job-document.ts';
import { cancelJob, completeJob, deadLetterJob, parkJob, startJob } from '../../../shared/jobs/job-transitions.ts';
import { judgeConflict } from '../../../shared/jobs/judge-conflict.ts';
import type { Transition } from '../explore-model.ts';

/**
 * A small world around the shipped transitions of a job: one job, its messages on a queue with locks and duplicate
 * detection, and workers that go the way of a delivery in single steps. Between any two steps somebody else may act, a
 * process may die, a lock or a reply may be lost; each such fault, and a cancellation, costs one of `faults`.
 */
export interface World {
  readonly document: DocumentNumber;
  readonly messages: readonly Message[];
  readonly workers: readonly Worker[];
  /** Epochs whose message was sent at some time: duplicate detection may know them. */
  readonly sent: readonly number[];
  readonly sequence: number;
  readonly faults: number;
  /** Results recorded. */
  readonly recorded: number;
}

export interface Bounds {
  readonly faults: number;
  readonly highestEpoch: number;
  readonly mostMessages: number;
}

/** Documents stand in a table, so that states are small; 0: there is none. */
type DocumentNumber = number;

interface Message {
  readonly sequence: number;
  readonly epoch: number;
  readonly deliveries: number;
  readonly isLocked: boolean;
}

type Delivery = Pick<Message, 'sequence' | 'epoch' | 'deliveries'>;

type Worker =
  | { readonly step: 'idle' }
  | { readonly step: 'read'; readonly delivery: Delivery }
  | {
      readonly step: 'claim';
      readonly delivery: Delivery;
      readonly over: DocumentNumber;
      readonly next: DocumentNumber;
    }
  | { readonly step: 'run'; readonly delivery: Delivery; readonly over: DocumentNumber }
  | { readonly step: 'look-again' | 'send'; readonly delivery: Delivery; readonly next: DocumentNumber }
  | { readonly step: 'settle'; readonly delivery: Delivery; readonly how: 'complete' | 'dead-letter' };

type Step = Transition<World>;
type Go = (action: string, to: World, next: Worker, broken?: string) => Step;

const idle: Worker = { step: 'idle' };
const end = { now: 1, ttlSeconds: undefined };
const documents: (JobDocument | undefined)[] = [undefined];
const numbers = new Map<string, DocumentNumber>();

export function firstWorld({ faults }: Bounds): World {
  const first = { sequence: 1, epoch: 0, deliveries: 0, isLocked: false };
  return { document: 0, messages: [first], workers: [idle, idle], sent: [0], sequence: 1, faults, recorded: 0 };
}

export function* nextWorlds(world: World, bounds: Bounds): Generator<Step> {
  for (const [index, worker] of world.workers.entries()) {
    yield* workerSteps(world, index, bounds);
    if (worker.step !== 'idle') {
      yield* fault(world, `worker ${index} dies before ${worker.step}`, withWorker(world, index, idle));
    }
  }
  yield* brokerSteps(world);
  yield* callerSteps(world, bounds);
}

export function documentOf(world: World): JobDocument | undefined {
  return documents[world.document];
}

export function isOver(world: World): boolean {
  const document = documentOf(world);
  return document !== undefined && hasEnded(document);
}

function* workerSteps(world: World, index: number, bounds: Bounds): Generator<Step> {
  const worker = world.workers[index] ?? idle;
  const go: Go = (action, to, next, broken) => {
    return { action: `worker ${index} ${action}`, to: withWorker(to, index, next), isProgress: true, broken };
  };
  switch (worker.step) {
    case 'idle':
      for (const message of world.messages.filter((one) => !one.isLocked)) {
        const { isLocked: _isLocked, ...delivery } = message;
        const locked = withMessage(world, { ...message, isLocked: true });
        yield go(`receives ${message.sequence}`, locked, { step: 'read', delivery });
      }
      break;
    case 'read':
      yield go('reads', world, afterRead(world, worker.delivery));
      break;
    case 'claim':
      yield* write(world, { ...worker, refused: { step: 'read', delivery: worker.delivery } }, go);
      break;
    case 'run':
      yield* endings(world, worker, { go, bounds });
      break;
    case 'look-again':
      yield go('looks again', world, afterConflict(world, worker));
      break;
    case 'send': {
      const epoch = numbered(worker.next).epoch;
      for (const sent of afterSend(world, epoch, bounds)) {
        yield go(`sends epoch ${epoch}`, sent, { step: 'settle', delivery: worker.delivery, how: 'complete' });
      }
      break;
    }
    case 'settle': {
      const messages = world.messages.filter((one) => !isHeldBy(one, worker.delivery));
      const settled = { ...world, messages };
      yield go(`settles: ${worker.how}`, settled, idle, brokenBySettling(world, settled, worker.how));
      break;
    }
  }
}

function afterRead(world: World, delivery: Delivery): Worker {
  const { epoch, sequence, deliveries } = delivery;
  const document = documentOf(world);
  const decision = claimJob({
    document,
    delivery: { epoch, sequenceNumber: String(sequence), deliveryCount: deliveries, digest: 'd' },
    owner: ownerOf(delivery),
  });
  switch (decision.kind) {
    case 'run': {
      const next = startJob(document ?? queued(epoch), decision.claim, 0);
      return { step: 'claim', delivery, over: world.document, next: numberOf(next) };
    }
    case 'claimed':
      return { step: 'run', delivery, over: world.document };
    case 'complete':
    case 'dead-letter':
      return { step: 'settle', delivery, how: decision.kind };
    case 'send-parked-again':
      return { step: 'send', delivery, next: world.document };
    case 'leave':
      return idle;
  }
}

/** A conditional write. When its reply is lost, the adapter sends it again, and then hears of a conflict. */
function* write(
  world: World,
  worker: {
    readonly delivery: Delivery;
    readonly over: DocumentNumber;
    readonly next: DocumentNumber;
    readonly refused: Worker;
  },
  go: Go,
): Generator<Step> {
  const { delivery, over, next, refused } = worker;
  const { state } = numbered(next);
  if (world.document !== over) {
    yield go(`may not write ${state}`, world, refused);
    return;
  }
  const recorded = world.recorded + (state === 'completed' ? 1 : 0);
  const written = { ...world, document: next, recorded };
  const broken = isOver(world) ? 'J1: an end was written over' : undefined;
  yield go(`writes ${state}`, written, afterWrite(delivery, next), broken);
  for (const lost of fault(written, '', written)) {
    yield { ...go(`writes ${state}, reply lost`, lost.to, refused), isProgress: false };
  }
}

function afterWrite(delivery: Delivery, next: DocumentNumber): Worker {
  const { state } = numbered(next);
  switch (state) {
    case 'running':
      return { step: 'run', delivery, over: next };
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

function afterConflict(world: World, worker: { readonly delivery: Delivery; readonly next: DocumentNumber }): Worker {
  const { delivery, next } = worker;
  const current = documentOf(world);
  switch (judgeConflict({ current, next: numbered(next), owner: ownerOf(delivery) })) {
    case 'written':
      return afterWrite(delivery, next);
    case 'again':
      return { step: 'run', delivery, over: world.document };
    case 'taken':
      return current?.state === 'cancelled' ? { step: 'settle', delivery, how: 'complete' } : idle;
  }
}

/** What running a job may lead to. (An expired job goes the way of a completed one.) */
function* endings(
  world: World,
  worker: { readonly delivery: Delivery; readonly over: DocumentNumber },
  { go, bounds }: { readonly go: Go; readonly bounds: Bounds },
): Generator<Step> {
  const { delivery, over } = worker;
  const document = numbered(over);
  const deadLetter = { reason: 'InvalidRequest', description: '', figures: {} } as const;
  const parking = { dueAt: 1, requestRef: 'r' };
  const parked = document.epoch < bounds.highestEpoch ? [parkJob(document, parking)] : [];
  for (const ended of [completeJob(document, {}, end), deadLetterJob(document, deadLetter, end), ...parked]) {
    const next = numberOf(ended);
    yield* write(world, { delivery, over, next, refused: { step: 'look-again', delivery, next } }, go);
  }
  for (const given of fault(world, '', released(world, delivery))) {
    yield { ...go('gives back', given.to, idle), isProgress: false };
  }
}

/** Duplicate detection drops a second message of an epoch while it remembers the first. */
function* afterSend(world: World, epoch: number, bounds: Bounds): Generator<World> {
  const isKnown = world.sent.includes(epoch);
  if (isKnown) {
    yield world;
  }
  if (!isKnown || world.messages.length < bounds.mostMessages) {
    const sequence = world.sequence + 1;
    const messages = [...world.messages, { sequence, epoch, deliveries: 0, isLocked: false }];
    yield { ...world, sequence, messages, sent: isKnown ? world.sent : [...world.sent, epoch] };
  }
}

function brokenBySettling(before: World, after: World, how: 'complete' | 'dead-letter'): string | undefined {
  if (after.messages.length === before.messages.length) {
    return undefined;
  }
  if (how === 'dead-letter' && documentOf(after)?.state !== 'dead-lettered') {
    return 'J2: a message was dead-lettered, and its job was not';
  }
  return after.messages.length === 0 && !isOver(after) ? 'J2: the last message of a job was settled' : undefined;
}

function* brokerSteps(world: World): Generator<Step> {
  for (const message of world.messages.filter((one) => one.isLocked)) {
    const action = `the lock of ${message.sequence} ends`;
    const to = withMessage(world, { ...message, deliveries: message.deliveries + 1, isLocked: false });
    const isHeld = world.workers.some((worker) => worker.step !== 'idle' && isHeldBy(message, worker.delivery));
    if (isHeld) {
      yield* fault(world, action, to);
    } else {
      yield { action, to, isProgress: true };
    }
  }
}

/** The submit call writes its document at any time, or never; it may be made twice; the job may be cancelled. */
function* callerSteps(world: World, bounds: Bounds): Generator<Step> {
  const document = documentOf(world);
  if (document === undefined) {
    const to = { ...world, document: numberOf(queued(0)) };
    yield { action: 'submit writes the document', to, isProgress: false };
  } else if (!hasEnded(document)) {
    yield* fault(world, 'the job is cancelled', { ...world, document: numberOf(cancelJob(document, end)) });
  }
  for (const again of world.messages.length < bounds.mostMessages ? afterSend(world, 0, bounds) : []) {
    yield* fault(world, 'the job is submitted again', again);
  }
}

function* fault(world: World, action: string, to: World): Generator<Step> {
  if (world.faults > 0) {
    yield { action, to: { ...to, faults: world.faults - 1 }, isProgress: false };
  }
}

function queued(epoch: number): JobDocument {
  return { id: 'j', v: 1, state: 'queued', pool: 'p', model: 'm', digest: 'd', createdAt: 0, epoch };
}

function numberOf(document: JobDocument): DocumentNumber {
  const key = JSON.stringify(document);
  const known = numbers.get(key) ?? documents.push(document) - 1;
  numbers.set(key, known);
  return known;
}

function numbered(number: DocumentNumber): JobDocument {
  const document = documents[number];
  if (document === undefined) {
    throw new RangeError(`There is no document ${number}.`);
  }
  return document;
}

/** Fresh for every delivery, as the random owner of a claim is. */
function ownerOf({ sequence, deliveries }: Delivery): string {
  return `${sequence}.${deliveries}`;
}

function isHeldBy(message: Message, delivery: Delivery): boolean {
  return message.isLocked && message.sequence === delivery.sequence && message.deliveries === delivery.deliveries;
}

function released(world: World, delivery: Delivery): World {
  const held = world.messages.find((one) => isHeldBy(one, delivery));
  return held === undefined ? world : withMessage(world, { ...held, deliveries: held.deliveries + 1, isLocked: false });
}

function withMessage(world: World, message: Message): World {
  return { ...world, messages: world.messages.map((one) => (one.sequence === message.sequence ? message : one)) };
}

/** Workers are alike: their order tells nothing. */
function withWorker(world: World, index: number, worker: Worker): World {
  const [one = idle, other = idle] = world.workers.with(index, worker);
  return { ...world, workers: JSON.stringify(one) < JSON.stringify(other) ? [one, other] : [other, one] };
}
