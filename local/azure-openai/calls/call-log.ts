import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { z } from 'zod';

import {
  type CallSum,
  columns,
  type JudgedRow,
  judgedRow,
  type PeakRow,
  peakRow,
  readCall,
  schema,
  sumRow,
} from './call-log-rows.ts';
import type { CallRecord } from './call-record.ts';
import type { JudgedCall } from '../limits/limiter-state.ts';
import { type Interval, readUses, type UseRow } from './usage-query.ts';

/**
 * The calls in SQLite, so that the audit and the windows outlive a SIGKILL.
 *
 * - C1 Writes of one loop turn share a transaction; `saved` resolves after the commit of all writes before it. An
 *   answer is sent only then: what a caller saw is in the log.
 * - C2 WAL with `synchronous = NORMAL`: a commit survives the end of the process, not a loss of power.
 */
export class CallLog {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #insertNeighbourCall: StatementSync;
  readonly #insertPeak: StatementSync;
  readonly #calls = new Map<number, CallRecord>();
  #neighbourCalls: (JudgedCall & { readonly limiter: string })[] = [];
  readonly #peaks = new Map<string, PeakRow>();
  #commit: Promise<void> | undefined;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(schema);
    this.#insert = this.#database.prepare(
      'INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertNeighbourCall = this.#database.prepare('INSERT INTO neighbour_calls VALUES (?, ?, ?, ?)');
    this.#insertPeak = this.#database.prepare('INSERT OR REPLACE INTO peaks VALUES (?, ?, ?, ?)');
  }

  write(call: CallRecord): void {
    this.#calls.set(call.number, call);
    this.#schedule();
  }

  writeNeighbourCall(limiter: string, call: JudgedCall): void {
    this.#neighbourCalls.push({ ...call, limiter });
    this.#schedule();
  }

  writePeak(peak: PeakRow): void {
    this.#peaks.set(`${peak.limiter} ${peak.callers}`, peak);
    this.#schedule();
  }

  /** Rejects when the database refused the write. */
  async saved(): Promise<void> {
    await this.#commit;
  }

  lastNumber(): number {
    const row = this.#database.prepare('SELECT coalesce(max(number), 0) AS number FROM calls').get();
    return z.object({ number: z.number() }).parse(row).number;
  }

  /** What limiters judged after `since`, oldest first. */
  judgedSince(since: number): readonly JudgedRow[] {
    const newestFirst: JudgedRow[] = [];
    for (const row of this.#database.prepare('SELECT * FROM calls ORDER BY number DESC').iterate()) {
      const call = readCall(row);
      if (call.at <= since - clockSlackMs) {
        break;
      }
      if ((call.isAdmitted || call.throttledBy !== '') && call.at > since) {
        newestFirst.push({ ...call, caller: 'ours' });
      }
    }
    const select = this.#database.prepare("SELECT *, 'neighbour' AS caller FROM neighbour_calls WHERE at > ?");
    const ofNeighbours = z.array(judgedRow).parse(select.all(since));
    return [...newestFirst, ...ofNeighbours].sort((left, right) => left.at - right.at);
  }

  peaks(): readonly PeakRow[] {
    return z.array(peakRow).parse(this.#database.prepare('SELECT * FROM peaks').all());
  }

  /** What each limiter gave to whom in an interval of epoch milliseconds. Sees what was written in this turn, too. */
  uses(interval: Interval): readonly UseRow[] {
    this.flush();
    return readUses(this.#database, interval);
  }

  /** Calls after a number, in their order. Sees what was written in this turn, too. */
  page(question: { readonly after: number; readonly limit: number }): readonly CallRecord[] {
    this.flush();
    const select = this.#database.prepare('SELECT * FROM calls WHERE number > ? ORDER BY number LIMIT ?');
    return select.all(question.after, question.limit).map((row) => readCall(row));
  }

  /** Sums of the calls by place and end. */
  sums(): readonly CallSum[] {
    const select = this.#database.prepare(`
      SELECT region, deployment, status, code, throttledBy, count(*) AS calls, sum(promptTokens) AS promptTokens,
        sum(completionTokens) AS completionTokens, sum(iif(isAdmitted, cost, 0)) AS admittedCost
      FROM calls GROUP BY region, deployment, status, code, throttledBy`);
    return z.array(sumRow).parse(select.all());
  }

  clear(): void {
    this.flush();
    this.#database.exec('DELETE FROM calls; DELETE FROM neighbour_calls; DELETE FROM peaks;');
  }

  /** Commits what is waiting. */
  flush(): void {
    if (this.#calls.size + this.#neighbourCalls.length + this.#peaks.size === 0) {
      return;
    }
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const call of this.#calls.values()) {
        this.#insert.run(...columns(call));
      }
      for (const { limiter, at, cost, throttledBy } of this.#neighbourCalls) {
        this.#insertNeighbourCall.run(limiter, at, cost, throttledBy);
      }
      for (const { limiter, callers, tokens, requests } of this.#peaks.values()) {
        this.#insertPeak.run(limiter, callers, tokens, requests);
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#calls.clear();
      this.#neighbourCalls = [];
      this.#peaks.clear();
    }
  }

  close(): void {
    this.flush();
    this.#database.close();
  }

  #schedule(): void {
    if (this.#commit !== undefined) {
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined);
    this.#commit = promise;
    setImmediate(() => {
      this.#commit = undefined;
      try {
        this.flush();
        resolve();
      } catch (error) {
        reject(error);
      }
    });
  }
}

/** Records are numbered on arrival and timed on admission, so neighbours may be out of order by a long count. */
const clockSlackMs = 60_000;
