import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { z } from 'zod';

import type { CallRecord } from './call-record.ts';

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
  readonly #insertFullest: StatementSync;
  readonly #calls = new Map<number, CallRecord>();
  readonly #fullest = new Map<string, number>();
  #commit: Promise<void> | undefined;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec(schema);
    this.#insert = this.#database.prepare(
      'INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertFullest = this.#database.prepare('INSERT OR REPLACE INTO fullest VALUES (?, ?)');
  }

  write(call: CallRecord): void {
    this.#calls.set(call.number, call);
    this.#schedule();
  }

  writeFullest(limiter: string, ratio: number): void {
    this.#fullest.set(limiter, ratio);
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

  /** Admissions after `since`, oldest first. */
  admittedSince(since: number): readonly CallRecord[] {
    const newestFirst: CallRecord[] = [];
    for (const row of this.#database.prepare('SELECT * FROM calls ORDER BY number DESC').iterate()) {
      const call = readCall(row);
      if (call.at <= since - clockSlackMs) {
        break;
      }
      if (call.isAdmitted && call.at > since) {
        newestFirst.push(call);
      }
    }
    return newestFirst.sort((left, right) => left.at - right.at);
  }

  fullestWindows(): ReadonlyMap<string, number> {
    const rows = this.#database.prepare('SELECT limiter, ratio FROM fullest').all();
    return new Map(
      z
        .array(fullestRow)
        .parse(rows)
        .map((row) => [row.limiter, row.ratio]),
    );
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
    this.#database.exec('DELETE FROM calls; DELETE FROM fullest;');
  }

  /** Commits what is waiting. */
  flush(): void {
    if (this.#calls.size + this.#fullest.size === 0) {
      return;
    }
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const call of this.#calls.values()) {
        this.#insert.run(...columns(call));
      }
      for (const [limiter, ratio] of this.#fullest) {
        this.#insertFullest.run(limiter, ratio);
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#calls.clear();
      this.#fullest.clear();
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

const schema = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA busy_timeout = 5000;
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, region TEXT NOT NULL, deployment TEXT NOT NULL, limiter TEXT NOT NULL,
  clientRequestId TEXT NOT NULL, status INTEGER, code TEXT NOT NULL, throttledBy TEXT NOT NULL, cost INTEGER NOT NULL,
  isAdmitted INTEGER NOT NULL, promptTokens INTEGER NOT NULL, completionTokens INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fullest (limiter TEXT PRIMARY KEY, ratio REAL NOT NULL) WITHOUT ROWID;
`;

const fullestRow = z.object({ limiter: z.string(), ratio: z.number() });
const callRow = z.object({
  number: z.number(),
  at: z.number(),
  region: z.string(),
  deployment: z.string(),
  limiter: z.string(),
  clientRequestId: z.string(),
  status: z.number().nullable(),
  code: z.string(),
  throttledBy: z.enum(['', 'tokens', 'requests']),
  cost: z.number(),
  isAdmitted: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
});

const sumRow = z.object({
  ...callRow.pick({ region: true, deployment: true, status: true, code: true, throttledBy: true }).shape,
  calls: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  admittedCost: z.number(),
});

/** What calls of one place and one end come to. */
export type CallSum = z.infer<typeof sumRow>;

function readCall(row: unknown): CallRecord {
  const call = callRow.parse(row);
  return { ...call, isAdmitted: call.isAdmitted === 1 };
}

function columns(call: CallRecord): (string | number | null)[] {
  return [
    call.number,
    call.at,
    call.region,
    call.deployment,
    call.limiter,
    call.clientRequestId,
    call.status,
    call.code,
    call.throttledBy,
    call.cost,
    call.isAdmitted ? 1 : 0,
    call.promptTokens,
    call.completionTokens,
  ];
}
