import type { PlannedJob, PlannedSubmit } from './planned-job.ts';

/** What the driver knows of a job: only what it was told from outside. */
export interface LedgerEntry {
  readonly job: PlannedJob;
  /** Epoch ms of the first answer that said that the job is taken. */
  readonly acceptedAt: number | undefined;
  /** The answer to its cancellation. */
  readonly cancelled: 'cancelled' | 'ended' | undefined;
  /** What was tried, in order, for people. */
  readonly history: readonly string[];
}

/** Every job of the run, and every answer that was not as it should be. */
export interface Ledger {
  readonly entries: () => readonly LedgerEntry[];
  readonly isAccepted: (jobId: string) => boolean;
  readonly accept: (submit: PlannedSubmit) => void;
  readonly cancel: (jobId: string, answer: 'cancelled' | 'ended') => void;
  readonly note: (jobId: string, text: string) => void;
  /** An answer that no fault excuses. */
  readonly surprise: (text: string) => void;
  readonly surprises: readonly string[];
  readonly accepted: () => number;
}

export function openLedger(jobs: readonly PlannedJob[]): Ledger {
  const entries = new Map(jobs.map((job) => [job.id, newEntry(job)]));
  const surprises: string[] = [];
  const note = (jobId: string, text: string): void => {
    entries.get(jobId)?.history.push(`${new Date().toISOString()} ${text}`);
  };
  let accepted = 0;
  return {
    entries: () => [...entries.values()],
    isAccepted: (jobId) => entries.get(jobId)?.acceptedAt !== undefined,
    accept: ({ jobId, way }) => {
      const entry = entries.get(jobId);
      if (entry !== undefined && entry.acceptedAt === undefined) {
        entry.acceptedAt = Date.now();
        accepted += 1;
      }
      note(jobId, `accepted over ${way}`);
    },
    cancel: (jobId, answer) => {
      const entry = entries.get(jobId);
      if (entry !== undefined) {
        entry.cancelled = answer;
      }
      note(jobId, `cancellation answered: ${answer}`);
    },
    note,
    surprise: (text) => {
      surprises.push(text);
    },
    surprises,
    accepted: () => accepted,
  };
}

interface OpenEntry {
  readonly job: PlannedJob;
  acceptedAt: number | undefined;
  cancelled: LedgerEntry['cancelled'];
  readonly history: string[];
}

function newEntry(job: PlannedJob): OpenEntry {
  return { job, acceptedAt: undefined, cancelled: undefined, history: [] };
}
