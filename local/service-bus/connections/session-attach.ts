import { conditions, sessionLockLost, type AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from '../queues/entity.ts';
import type { QueueEngine } from '../queues/queue-engine.ts';
import { holdAttach, type RheaLink } from '../amqp/rhea-seam.ts';
import type { SessionHold } from '../queues/session-book.ts';

/** The link property by which a receiver says how long it waits for a session, in milliseconds. */
const timeoutProperty = 'com.microsoft:timeout';
/** How long it waits when it does not say. */
const usualWaitMs = 60_000;

/**
 * Locks a session for a receiver. Its attach is answered when there is a session, or when the wait is over, then with
 * the condition `com.microsoft:timeout`.
 *
 * @returns gives the wait up, when the link is closed from outside
 */
export function openSession({
  engine,
  entity,
  link,
  session,
  accepted,
  refused,
  lost,
}: {
  readonly engine: QueueEngine;
  readonly entity: Entity;
  readonly link: RheaLink;
  readonly session: string | undefined;
  /** Fills in the answer to the attach, which follows. */
  readonly accepted: (hold: SessionHold) => void;
  readonly refused: (error: AmqpError) => void;
  /** The session was taken away. */
  readonly lost: (error: AmqpError) => void;
}): () => void {
  const answer = holdAttach(link);
  let isOver = false;
  const end = (): void => {
    isOver = true;
    clearTimeout(timer);
    giveUp();
    answer();
  };
  const giveUp = engine.sessions.accept(entity, {
    session,
    linkName: link.name,
    accepted: (hold) => {
      if (isOver) {
        engine.sessions.release(entity, hold);
        return;
      }
      accepted(hold);
      end();
    },
    refused: (error) => {
      refused(error);
      end();
    },
    lost: () => lost(sessionLockLost()),
  });
  const asked = link.properties?.[timeoutProperty];
  const waitMs = typeof asked === 'number' ? asked : usualWaitMs;
  const timer = setTimeout(() => {
    const description = `The operation did not complete within the allotted timeout of ${waitMs} ms: no session with messages became available.`;
    refused({ condition: conditions.timeout, description });
    end();
  }, waitMs);
  return end;
}

/** Between the .NET epoch, the first day of year 1, and the Unix epoch, in ticks of 100 ns. */
const unixEpochTicks = 621_355_968_000_000_000n;

/** A time as .NET writes it: an int64 of ticks, big-endian. */
export function dotNetTicks(epochMs: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Math.trunc(epochMs)) * 10_000n + unixEpochTicks);
  return bytes;
}
