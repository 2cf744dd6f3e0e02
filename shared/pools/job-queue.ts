import type { JsonObject } from '../json.ts';

/** The queues that jobs and tickets travel through (port). Queue names come from configuration alone (S1). */
export interface JobQueue {
  /**
   * Sends messages, in as few transfers as they fit into. Sending one again with the same id is harmless.
   *
   * @throws AppError `queue.full` or `queue.unavailable` (retryable): some may have been sent.
   */
  readonly send: (queue: string, messages: readonly OutgoingMessage[]) => Promise<void>;
  /** Pulls up to `most` messages under a lock, waiting `waitMs` at the longest for the first. */
  readonly receive: (queue: string, most: number, waitMs: number) => Promise<readonly ReceivedMessage[]>;
  /**
   * Whether the queue holds a message that is due and not one of `held` (sequence numbers). Looks without locking, so
   * messages that others hold count as well; scheduled ones do not.
   */
  readonly hasWork: (queue: string, held: ReadonlySet<string>) => Promise<boolean>;
  /**
   * What waits in the queue: all of it, or what came before `enqueuedBefore` (epoch ms). May be as old as a second, but what
   * this process has sent since is in it. Nothing that is locked by this process or scheduled is counted; what others hold
   * counts as well.
   *
   * @throws AppError `queue.unavailable` (retryable), `queue.refused`
   */
  readonly backlog: (queue: string, options?: { readonly enqueuedBefore?: number }) => Promise<Backlog>;
  /**
   * What lies in the queue's dead-letter queue, in the order of its sequence numbers, without locking it: at most `most`
   * behind the number `after`. An empty page is the end; a short one need not be.
   */
  readonly peekDeadLetters: (
    queue: string,
    page: { readonly after?: string | undefined; readonly most: number },
  ) => Promise<readonly DeadLetterHead[]>;
  /** One dead letter with its body; `undefined` when it is not there any more. */
  readonly readDeadLetter: (queue: string, sequenceNumber: string) => Promise<DeadLetter | undefined>;
  /**
   * Takes these out of the dead-letter queue for good, by their sequence numbers, and tells how many it found: what another
   * holds at the moment stays. The others keep their places. Takes about as long as the letters before them are many.
   */
  readonly removeDeadLetters: (queue: string, sequenceNumbers: ReadonlySet<string>) => Promise<number>;
}

/** A dead-lettered message as a look at it shows it. */
export interface DeadLetterHead {
  readonly sequenceNumber: string;
  readonly messageId: string | undefined;
  readonly epoch: number;
  /** Ours, or the broker's: `MaxDeliveryCountExceeded`, `TTLExpiredException`, … */
  readonly reason: string | undefined;
  readonly description: string | undefined;
  /** Plain properties, among them the figures that it was dead-lettered with. */
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  /** Epoch ms: when it came onto the queue. */
  readonly enqueuedAt: number;
}

export interface DeadLetter extends DeadLetterHead {
  /** Parsed JSON, or what could not be parsed. */
  readonly body: unknown;
  readonly batchId: string | undefined;
}

/** An estimate, rather too much than too little. */
export interface Backlog {
  /** When it was counted, in epoch ms: what it holds has been drained since. */
  readonly countedAt: number;
  readonly messages: number;
  /** By the cost that messages tell, and their average for those that do not; `undefined` when none tells. */
  readonly costTokens: number | undefined;
}

export interface OutgoingMessage {
  readonly messageId: string;
  /** JSON text. */
  readonly text: string;
  readonly epoch: number;
  /** W3C `traceparent` of the span that sends it. */
  readonly traceparent: string | undefined;
  /** Epoch ms; the message stays scheduled until then. */
  readonly dueAt?: number;
  /** What the service will count for its job: told to whoever asks for the backlog. */
  readonly costTokens?: number;
}

export interface ReceivedMessage {
  readonly messageId: string | undefined;
  /** As it came: bytes, of JSON if it is a job, or a value of AMQP's own types. */
  readonly body: unknown;
  readonly epoch: number;
  readonly batchId: string | undefined;
  readonly traceparent: string | undefined;
  readonly sequenceNumber: string;
  /** 0 on the first delivery. */
  readonly deliveryCount: number;
  readonly enqueuedAt: number;
  /** Aborted when the lock was lost: another delivery may be running the job. */
  readonly lockLost: AbortSignal;
  readonly complete: () => Promise<SettleOutcome>;
  readonly deadLetter: (why: DeadLetterNote) => Promise<SettleOutcome>;
  /** Gives it back at once, its delivery count one higher. */
  readonly abandon: () => Promise<SettleOutcome>;
  /** Leaves it to whoever has the job now: its lock is not renewed any more. */
  readonly leave: () => void;
}

/** `not-settled`: the lock or the connection was lost; the message comes back, and its document says how it ended. */
export type SettleOutcome = 'settled' | 'not-settled';

export interface DeadLetterNote {
  readonly reason: string;
  /** At most 4,096 characters reach the message. */
  readonly description: string;
  readonly figures: JsonObject;
}
