import { DeferredMessages } from './deferred-messages.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Entity } from './entity.ts';
import { ExpirySweep } from './expiry-sweep.ts';
import { LockTable } from './lock-table.ts';
import { MessageIntake } from './message-intake.ts';
import type { MessageIndexRow, QueueStore } from './queue-store.ts';
import { Schedule } from './schedule.ts';
import { SessionKeeper } from './session-keeper.ts';
import { Settlement } from './settlement.ts';
import type { Turn } from './turn.ts';

/** What the engine is made of. It is built anew, empty, when a turn has failed. */
export interface EngineParts {
  readonly locks: LockTable;
  readonly schedule: Schedule;
  readonly intake: MessageIntake;
  readonly settlement: Settlement;
  readonly dispatcher: Dispatcher;
  readonly sessions: SessionKeeper;
  readonly deferred: DeferredMessages;
  readonly expiries: ExpirySweep;
}

export function buildParts(on: {
  readonly store: QueueStore;
  readonly turn: Turn;
  readonly now: () => number;
  readonly wake: (entity: Entity) => void;
}): EngineParts {
  const { now, store, turn, wake } = on;
  const locks = new LockTable();
  const schedule = new Schedule();
  const settlement = new Settlement({ store, locks, wake });
  return {
    locks,
    schedule,
    settlement,
    intake: new MessageIntake({ store, schedule, wake }),
    dispatcher: new Dispatcher({
      store,
      locks,
      turn,
      release: (lock) => turn.attempt(() => settlement.giveBack(lock, false)),
      endExpired: (entity, message) => settlement.endExpired(entity, message),
    }),
    sessions: new SessionKeeper({
      store,
      turn,
      now,
      wake,
      comeBack: (lock, counted) => settlement.giveBack(lock, counted),
    }),
    deferred: new DeferredMessages({ store, locks, settlement, turn }),
    expiries: new ExpirySweep({ store, settlement }),
  };
}

/** Puts a message that SQLite has into the index of its state. Sessions are held by nobody then, nor are their messages. */
export function indexMessage(
  { locks, schedule }: EngineParts,
  { entity, row, store }: { readonly entity: Entity; readonly row: MessageIndexRow; readonly store: QueueStore },
): void {
  const { deferred, deliveryCount, dueAtMs, id, lockToken, sequence, session } = row;
  if (dueAtMs !== undefined) {
    schedule.add(entity, sequence, { id, dueAtMs, session });
    return;
  }
  if (lockToken !== undefined && entity.sessions === undefined) {
    const place = { entity, id, sequence, deliveryCount, deferred, hold: undefined };
    locks.add({ ...place, token: lockToken, untilMs: row.lockedUntilMs });
    return;
  }
  if (lockToken !== undefined) {
    store.unlock(id, deliveryCount);
  }
  if (deferred) {
    entity.deferred.add(sequence);
  } else {
    entity.makeReady(sequence, session);
  }
}
