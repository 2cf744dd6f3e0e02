import { hasEnded, type JobDocument } from '../../../shared/jobs/job-document.ts';
import type { Transition } from '../explore-model.ts';
import type { Rules } from './claim-model-rules.ts';

/**
 * A small world around the shipped transitions of a job: one job, its messages on a queue with locks and duplicate
 * detection, those on its dead-letter queue, workers that go the way of a delivery in single steps, and operators.
 * Between any two steps somebody else may act, a process may die, a lock or a reply may be lost; each such fault, and a
 * cancellation, costs one of `faults`.
 */
export interface World {
  readonly document: DocumentNumber;
  readonly messages: readonly Message[];
  /** The dead-letter queue. */
  readonly dead: readonly Letter[];
  readonly workers: readonly Worker[];
  readonly operators: readonly Operator[];
  /** Epochs whose message was sent at some time: duplicate detection may know them. */
  readonly sent: readonly number[];
  readonly sequence: number;
  readonly faults: number;
  /** Results recorded. */
  readonly recorded: number;
  /** Calls that processes had started when they died, since the job was submitted or replayed. */
  readonly lostCalls: number;
  /** The epoch of the last replay. */
  readonly replayed: number;
  readonly isErased: boolean;
}

/** `broker`: it, or somebody by hand, dead-letters a message. `miss`: a start is over when its call's mark is stored. */
export type Fault = 'death' | 'lock' | 'reply' | 'return' | 'cancel' | 'submit' | 'broker' | 'miss';

export interface Bounds {
  readonly faults: number;
  /** Those that happen. */
  readonly kinds: readonly Fault[];
  readonly workers: number;
  readonly operators: number;
  readonly operations: readonly ('replay' | 'erase')[];
  readonly highestEpoch: number;
  readonly mostMessages: number;
  /** The rules that are played by: the shipped ones, or some that were made worse. */
  readonly rules: Rules;
}

/** Documents stand in a table, so that states are small; 0: there is none. */
export type DocumentNumber = number;

export interface Message {
  readonly sequence: number;
  readonly epoch: number;
  readonly deliveries: number;
  readonly isLocked: boolean;
}

/** A dead-lettered message. */
export interface Letter {
  readonly sequence: number;
  readonly epoch: number;
  readonly by: 'sluice' | 'broker';
}

export type Delivery = Pick<Message, 'sequence' | 'epoch' | 'deliveries'>;

/** A conditional write: `next` over the version that was read. */
interface Write {
  readonly over: DocumentNumber;
  readonly next: DocumentNumber;
}

export type Worker =
  | { readonly step: 'idle' }
  | { readonly step: 'read'; readonly delivery: Delivery }
  | ({ readonly step: 'claim'; readonly delivery: Delivery } & Write)
  /** Claimed; the call has not begun. */
  | { readonly step: 'run'; readonly delivery: Delivery; readonly over: DocumentNumber }
  /** The mark is stored; the call begins next. */
  | { readonly step: 'call'; readonly delivery: Delivery; readonly over: DocumentNumber }
  /** The call is under way. */
  | { readonly step: 'answer'; readonly delivery: Delivery; readonly over: DocumentNumber }
  /** A write was refused: the document is looked at again, and `next` is written over it if it may. */
  | { readonly step: 'look-again'; readonly delivery: Delivery; readonly next: DocumentNumber }
  | ({ readonly step: 'write-again'; readonly delivery: Delivery } & Write)
  /** The mark is taken away by a process that lives on: `leave` when another delivery has the message by now. */
  | { readonly step: 'unmark'; readonly delivery: Delivery; readonly how: 'abandon' | 'leave' }
  | ({ readonly step: 'write-unmarked'; readonly delivery: Delivery; readonly how: 'abandon' | 'leave' } & Write)
  | { readonly step: 'send'; readonly delivery: Delivery; readonly next: DocumentNumber }
  | { readonly step: 'settle'; readonly delivery: Delivery; readonly how: Settlement };

export type Settlement = 'complete' | 'dead-letter' | 'abandon';

export type Operator =
  | { readonly step: 'idle' }
  | ({ readonly step: 'replay' } & Write)
  | { readonly step: 'send-replayed'; readonly epoch: number }
  /** Sweeping the dead-letter queue: what was judged of the letter of this number. */
  | ({ readonly step: 'adopt' } & Write)
  | { readonly step: 'send-again'; readonly letter: number; readonly epoch: number }
  | { readonly step: 'remove'; readonly letter: number }
  | ({ readonly step: 'erase' } & Write);

export type Step = Transition<World>;

export const idle = { step: 'idle' } as const;
export const end = { now: 1, ttlSeconds: undefined };

const documents: (JobDocument | undefined)[] = [undefined];
const numbers = new Map<string, DocumentNumber>();

export function queued(epoch: number): JobDocument {
  return { id: 'j', v: 1, state: 'queued', pool: 'p', model: 'm', digest: 'd', createdAt: 0, epoch, deadline: 1 };
}

export function numberOf(document: JobDocument): DocumentNumber {
  const key = JSON.stringify(document);
  const known = numbers.get(key) ?? documents.push(document) - 1;
  numbers.set(key, known);
  return known;
}

export function numbered(number: DocumentNumber): JobDocument {
  const document = documents[number];
  if (document === undefined) {
    throw new RangeError(`There is no document ${number}.`);
  }
  return document;
}

export function documentOf(world: World): JobDocument | undefined {
  return documents[world.document];
}

export function isOver(world: World): boolean {
  const document = documentOf(world);
  return document === undefined ? world.isErased : hasEnded(document);
}

/** Fresh for every delivery, as the random owner of a claim is. */
export function ownerOf({ sequence, deliveries }: Delivery): string {
  return `${sequence}.${deliveries}`;
}

export function isHeldBy(message: Message, delivery: Delivery): boolean {
  return message.isLocked && message.sequence === delivery.sequence && message.deliveries === delivery.deliveries;
}

export function deliveryOf({ sequence, epoch, deliveries }: Delivery): Delivery {
  return { sequence, epoch, deliveries };
}

/** Actors of one kind are alike: their order tells nothing. */
export function withActor<Actor extends Worker | Operator>(
  actors: readonly Actor[],
  index: number,
  actor: Actor,
): readonly Actor[] {
  return actors.with(index, actor).toSorted((a, b) => (keyOfActor(a) < keyOfActor(b) ? -1 : 1));
}

const actorKeys = new WeakMap<Worker | Operator, string>();

export function keyOfActor(actor: Worker | Operator): string {
  const known = actorKeys.get(actor) ?? JSON.stringify(actor);
  actorKeys.set(actor, known);
  return known;
}

/** Tells worlds apart; what `JSON.stringify` would say, in a third of the time. */
export function keyOfWorld(world: World): string {
  const { document, messages, dead, workers, operators, sent, sequence, faults, recorded } = world;
  const counts = `${document} ${sequence} ${faults} ${recorded} ${world.lostCalls} ${world.replayed} ${world.isErased}`;
  const actors = `${workers.map(keyOfActor).join('')} ${operators.map(keyOfActor).join('')}`;
  return `${counts} ${keyOfMessages(messages)} ${dead.map(keyOfLetter).join()} ${sent.join()} ${actors}`;
}

function keyOfMessages(messages: readonly Message[]): string {
  let key = '';
  for (const { sequence, epoch, deliveries, isLocked } of messages) {
    key += `${sequence}.${epoch}.${deliveries}${isLocked ? '!' : ','}`;
  }
  return key;
}

function keyOfLetter({ sequence, epoch, by }: Letter): string {
  return `${sequence}.${epoch}${by}`;
}

/** A fault of a kind that happens in this world, while it has faults left. */
export function* fault(
  world: World,
  bounds: Bounds,
  happening: { readonly kind: Fault; readonly action: string; readonly to: World },
): Generator<Step> {
  const { kind, action, to } = happening;
  if (world.faults > 0 && bounds.kinds.includes(kind)) {
    yield { action, to: { ...to, faults: world.faults - 1 }, isProgress: false };
  }
}
