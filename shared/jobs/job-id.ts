import { z } from 'zod';

/** S1: ids go into addresses, blob names and queries, so their alphabet is closed. */
const idPattern = /^[A-Za-z0-9._:-]{1,128}$/u;

export const jobIdSchema = z
  .string()
  .regex(idPattern, 'must be 1 to 128 letters, digits, ".", "_", ":" or "-"')
  .refine((id) => id !== '.' && id !== '..', 'must not be "." or ".."');

export function isJobId(value: unknown): value is string {
  return jobIdSchema.safeParse(value).success;
}

/** Service Bus takes message ids of at most 128 characters. */
const longestMessageId = 128;

/**
 * The id of the message that carries a job in one epoch. `~` is outside the alphabet of job ids, so the ids of two jobs
 * never meet (job `a.1` in epoch 0 is not job `a` in epoch 1), and the digest keeps duplicate detection from dropping a
 * message with the same job id and another body. A long id is replaced by a hash of it, behind a `~` of its own: the hash
 * may be another job's id. (The digest would not do: two jobs may have the same body.)
 */
export function messageIdOf(
  job: { readonly id: string; readonly epoch: number; readonly digest: string },
  sha256: (text: string) => string,
): string {
  const suffix = `~${job.epoch}~${job.digest.slice(0, 12)}`;
  const head = job.id.length + suffix.length > longestMessageId ? `~${sha256(job.id)}` : job.id;
  return `${head}${suffix}`;
}

/** Whether an id may be one of `messageIdOf`; certainly not when false. */
export function isOwnMessageId(messageId: string | undefined): boolean {
  return messageId?.includes('~') ?? false;
}

const ownMessageId = /~(\d{1,15})~[0-9a-f]{12}$/u;

/**
 * The epoch that a message tells of itself, `told`, where its id is one that `messageIdOf` gives in that epoch; otherwise 0.
 * A sender's own property of that name counts for nothing: its job would be parked in an epoch that nobody reads back.
 */
export function epochOf(messageId: unknown, told: unknown): number {
  const [, named] = typeof messageId === 'string' ? (ownMessageId.exec(messageId) ?? []) : [];
  return named !== undefined && String(told) === named ? Number(named) : 0;
}
