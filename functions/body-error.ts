import type { Problem } from '../shared/jobs/job-envelope.ts';

/** The body holds more than a call may, or is no JSON at all. */
export class BodyError extends Error {
  readonly status: 400 | 413;
  /** What is wrong with it, and where. */
  readonly problems: readonly Problem[];

  constructor(status: 400 | 413, message: string, problems: readonly Problem[] = [{ path: '', message }]) {
    super(message);
    this.name = 'BodyError';
    this.status = status;
    this.problems = problems;
  }
}
