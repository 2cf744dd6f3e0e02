import type { BucketStore } from '../../shared/bucket/bucket-store.ts';
import type { Clock } from '../../shared/clock.ts';
import { AppError } from '../../shared/errors.ts';
import type { JobStore } from '../../shared/jobs/job-store.ts';
import type { ModelClient } from '../../shared/models/model-client.ts';
import type { PayloadStore } from '../../shared/payloads/payload-store.ts';
import type { JobQueue, ReceivedMessage, SettleOutcome } from '../../shared/pools/job-queue.ts';
import type { DocumentStore } from '../../shared/stored.ts';

/** What happens at a step: it is taken, the process dies there, or the call fails. */
type Verdict = 'go' | 'die' | AppError;

/** Asked before every call of a process to the outside, and again after it was made but before its reply arrives. */
export type Interference = (step: {
  readonly name: string;
  readonly when: 'before' | 'after';
  readonly index: number;
}) => Verdict;

/**
 * One process of the app, as the world outside sees it: every call that it makes goes through here. A process that died
 * never hears of anything again, and does nothing any more.
 */
export class ProcessLife {
  readonly #interfere: Interference;
  #steps = 0;
  #isDead = false;

  constructor(interfere: Interference = () => 'go') {
    this.#interfere = interfere;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  get steps(): number {
    return this.#steps;
  }

  die(): void {
    this.#isDead = true;
  }

  documents<Document>(name: string, store: DocumentStore<Document>): DocumentStore<Document> {
    return {
      read: this.#through(`${name}.read`, store.read),
      create: this.#through(`${name}.create`, store.create),
      replace: this.#through(`${name}.replace`, store.replace),
    };
  }

  jobs(store: JobStore): JobStore {
    return {
      ...this.documents('jobs', store),
      list: this.#through('jobs.list', store.list),
      countByState: this.#through('jobs.countByState', store.countByState),
      countByReason: this.#through('jobs.countByReason', store.countByReason),
    };
  }

  payloads(store: PayloadStore): PayloadStore {
    return {
      put: this.#through('payloads.put', store.put),
      get: this.#through('payloads.get', store.get),
      remove: this.#through('payloads.remove', store.remove),
      removeOf: this.#through('payloads.removeOf', store.removeOf),
    };
  }

  models(client: ModelClient): ModelClient {
    return { prepare: client.prepare, call: this.#through('models.call', client.call) };
  }

  /** Its port tells failures by outcomes. */
  buckets(store: BucketStore): BucketStore {
    const away = { kind: 'unavailable', retryAfterMs: undefined } as const;
    const unheard = { kind: 'unknown' } as const;
    return {
      read: orElse(this.#through('buckets.read', store.read), away),
      open: orElse(this.#through('buckets.open', store.open), away),
      changeLimits: orElse(this.#through('buckets.changeLimits', store.changeLimits), unheard),
      correct: orElse(this.#through('buckets.correct', store.correct), unheard),
      apply: orElse(this.#through('buckets.apply', store.apply), unheard),
    };
  }

  queue(queue: JobQueue): JobQueue {
    return {
      send: this.#through('queue.send', queue.send),
      receive: async (...args) => {
        await this.#abide(this.#judge('queue.receive', 'before'));
        const messages = await queue.receive(...args);
        const verdict = this.#judge('queue.receive', 'after');
        if (verdict !== 'go') {
          // Nobody renews the locks of what nobody got.
          await Promise.all(messages.map(async (message) => message.abandon()));
        }
        await this.#abide(verdict);
        return messages.map((message) => this.#message(message));
      },
      hasWork: this.#through('queue.hasWork', queue.hasWork),
      backlog: this.#through('queue.backlog', queue.backlog),
      peekDeadLetters: this.#through('queue.peekDeadLetters', queue.peekDeadLetters),
      readDeadLetter: this.#through('queue.readDeadLetter', queue.readDeadLetter),
      removeDeadLetters: this.#through('queue.removeDeadLetters', queue.removeDeadLetters),
    };
  }

  clock(clock: Clock): Clock {
    return {
      now: clock.now,
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        await this.#unlessDead();
      },
    };
  }

  #message(message: ReceivedMessage): ReceivedMessage {
    return {
      ...message,
      complete: this.#settlement(message, this.#through('message.complete', message.complete)),
      abandon: this.#settlement(message, this.#through('message.abandon', message.abandon)),
      deadLetter: this.#settlement(message, this.#through('message.deadLetter', message.deadLetter)),
    };
  }

  /** A settlement that failed is not tried again: the lock is not renewed any more, and the message comes back. */
  #settlement<Args extends readonly unknown[]>(
    message: ReceivedMessage,
    settle: (...args: Args) => Promise<SettleOutcome>,
  ): (...args: Args) => Promise<SettleOutcome> {
    const settleOrFail = orElse(settle, 'failed' as const);
    return async (...args) => {
      const outcome = await settleOrFail(...args);
      if (outcome === 'failed') {
        await message.abandon();
        return 'not-settled';
      }
      return outcome;
    };
  }

  #through<Args extends readonly unknown[], Result>(
    name: string,
    call: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      await this.#abide(this.#judge(name, 'before'));
      const result = await call(...args);
      await this.#abide(this.#judge(name, 'after'));
      return result;
    };
  }

  #judge(name: string, when: 'before' | 'after'): Verdict {
    if (this.#isDead) {
      return 'die';
    }
    const verdict = this.#interfere({ name, when, index: this.#steps });
    this.#steps += 1;
    this.#isDead = verdict === 'die';
    return verdict;
  }

  async #abide(verdict: Verdict): Promise<void> {
    if (verdict instanceof AppError) {
      throw verdict;
    }
    await this.#unlessDead();
  }

  async #unlessDead(): Promise<void> {
    if (this.#isDead) {
      await Promise.withResolvers<void>().promise;
    }
  }
}

/** A call whose port never throws tells a failure by this outcome. */
function orElse<Args extends readonly unknown[], Result, Failed>(
  call: (...args: Args) => Promise<Result>,
  failed: Failed,
): (...args: Args) => Promise<Result | Failed> {
  return async (...args) => {
    try {
      return await call(...args);
    } catch (error) {
      if (error instanceof AppError) {
        return failed;
      }
      throw error;
    }
  };
}
