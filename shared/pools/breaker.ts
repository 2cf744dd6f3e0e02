import { z } from 'zod';
import type { DocumentStore } from '../stored.ts';

/**
 * A breaker: whether jobs may be started in a deployment. One small document each, written by transitions alone; a
 * deployment without one is closed.
 *
 * States: `closed` (jobs start), `open` (calls kept failing), `misconfigured` (its settings or its rights are wrong; the
 * remedy says what to mend), `half-open` (one job is trying it, under a lease).
 * - K1 At most one probe holds a lease; another one is given only after the lease has ended or lapsed.
 * - K2 Only the probe that holds the lease closes the breaker, or opens it again.
 * - K3 Whatever dies, a breaker that is not closed can be probed from some instant on: at `until`, or when the lease lapses.
 * - K4 Calls that were under way when the breaker opened change nothing: an outage with many witnesses is one opening.
 * - K5 Openings in a row double, up to five minutes; they are forgotten after ten minutes closed.
 */
const whySchema = z.object({
  code: z.string(),
  /** The service's words, or ours. */
  message: z.string(),
  /** What an operator can do about it. */
  remedy: z.string(),
});

export const breakerSchema = z.looseObject({
  id: z.string(),
  v: z.literal(1),
  state: z.enum(['closed', 'open', 'half-open', 'misconfigured']),
  /** Epoch ms of the last change of state. */
  since: z.number(),
  /** Epoch ms: open and misconfigured breakers may be probed from then on. */
  until: z.number(),
  /** Openings in a row. */
  openings: z.number(),
  /** Why it opened last. */
  why: whySchema.optional(),
  /** The state that a probe was taken in. */
  probedIn: z.enum(['open', 'misconfigured']).optional(),
  /** The probe that holds the lease, until it lapses (epoch ms). */
  probe: z.object({ owner: z.string(), until: z.number() }).optional(),
});

export type Breaker = z.infer<typeof breakerSchema>;

/** Where breakers are kept (port). */
export type BreakerStore = DocumentStore<Breaker>;

/** What opens a breaker. */
export interface Trouble extends z.infer<typeof whySchema> {
  readonly kind: 'open' | 'misconfigured';
}

export type Standing = 'available' | 'probe-due' | 'unavailable';

/** The first opening lasts half of this to the whole, in ms; each further one up to twice as long. */
const firstOpeningMs = 30_000;
const longestOpeningMs = 300_000;

/** A breaker that was closed so long has recovered, in ms. */
const recoveredMs = 600_000;

/** A probe's lease lapses after this unless it is renewed, in ms. */
const leaseMs = 30_000;

/** Names of regions and deployments hold no colon. */
export function breakerId({ region, deployment }: { readonly region: string; readonly deployment: string }): string {
  return `breaker:${region}:${deployment}`;
}

/** What a job may do with the deployment now. */
export function standingOf(breaker: Breaker | undefined, now: number): Standing {
  if (breaker === undefined || breaker.state === 'closed') {
    return 'available';
  }
  return isProbeDue(breaker, now) ? 'probe-due' : 'unavailable';
}

/** Opens a closed breaker; `undefined` when it is not closed (K4). `random`: 0 ≤ x < 1. */
export function tripBreaker(
  breaker: Breaker | undefined,
  trip: { readonly id: string; readonly now: number; readonly random: number; readonly trouble: Trouble },
): Breaker | undefined {
  if (breaker !== undefined && breaker.state !== 'closed') {
    return undefined;
  }
  const hasRecovered = breaker === undefined || trip.now - breaker.since >= recoveredMs;
  const known = breaker ?? { id: trip.id, v: 1 as const };
  return opened(known, { ...trip, openings: hasRecovered ? 1 : breaker.openings + 1 });
}

/** Takes the probe for `owner`, a fresh id; `undefined` when none is due (K1). */
export function takeProbe(
  breaker: Breaker | undefined,
  input: { readonly owner: string; readonly now: number },
): Breaker | undefined {
  if (breaker === undefined || breaker.state === 'closed' || !isProbeDue(breaker, input.now)) {
    return undefined;
  }
  const probedIn = breaker.state === 'half-open' ? breaker.probedIn : breaker.state;
  const probe = { owner: input.owner, until: input.now + leaseMs };
  return { ...breaker, state: 'half-open', since: input.now, probedIn, probe };
}

/** Extends the probe's lease when half of it is over; `undefined` when there is no need, or it is not its own any more. */
export function renewProbe(
  breaker: Breaker | undefined,
  input: { readonly owner: string; readonly now: number },
): Breaker | undefined {
  if (!isProbedBy(breaker, input.owner) || breaker.probe.until - input.now > leaseMs / 2) {
    return undefined;
  }
  return { ...breaker, probe: { owner: input.owner, until: input.now + leaseMs } };
}

/** The probe's call was answered: the breaker closes (K2). */
export function probeSucceeded(
  breaker: Breaker | undefined,
  input: { readonly owner: string; readonly now: number },
): Breaker | undefined {
  if (!isProbedBy(breaker, input.owner)) {
    return undefined;
  }
  const { probe: _probe, probedIn: _probedIn, ...rest } = breaker;
  return { ...rest, state: 'closed', since: input.now, until: 0 };
}

/** The probe's call failed: the breaker opens again, for longer (K2, K5). */
export function probeFailed(
  breaker: Breaker | undefined,
  input: { readonly owner: string; readonly now: number; readonly random: number; readonly trouble: Trouble },
): Breaker | undefined {
  return isProbedBy(breaker, input.owner) ? opened(breaker, { ...input, openings: breaker.openings + 1 }) : undefined;
}

/** The probe's job could not call: the next one may at once. */
export function releaseProbe(
  breaker: Breaker | undefined,
  input: { readonly owner: string; readonly now: number },
): Breaker | undefined {
  if (!isProbedBy(breaker, input.owner)) {
    return undefined;
  }
  const { probe: _probe, probedIn = 'open', ...rest } = breaker;
  return { ...rest, state: probedIn, since: input.now, until: input.now };
}

/** Whether a call of this probe may begin: it has the lease, which has not lapsed. */
export function mayProbe(
  breaker: Breaker | undefined,
  { owner, now }: { readonly owner: string; readonly now: number },
): boolean {
  return isProbedBy(breaker, owner) && breaker.probe.until > now;
}

/** Whether nobody else has taken the probe since. */
export function isProbedBy(
  breaker: Breaker | undefined,
  owner: string,
): breaker is Breaker & { readonly probe: NonNullable<Breaker['probe']> } {
  return breaker?.state === 'half-open' && breaker.probe?.owner === owner;
}

/** Whether a breaker is as it was to be written: the write was made, and its reply was lost. */
export function isSameBreaker(breaker: Breaker, written: Breaker): boolean {
  return (
    breaker.state === written.state &&
    breaker.since === written.since &&
    breaker.until === written.until &&
    breaker.openings === written.openings &&
    breaker.probe?.owner === written.probe?.owner &&
    breaker.probe?.until === written.probe?.until
  );
}

/** Epoch ms from which on it may be probed; 0 when it is closed. */
export function probeDueAt(breaker: Breaker): number {
  if (breaker.state === 'closed') {
    return 0;
  }
  return breaker.state === 'half-open' ? (breaker.probe?.until ?? breaker.since) : breaker.until;
}

function isProbeDue(breaker: Breaker, now: number): boolean {
  return probeDueAt(breaker) <= now;
}

function opened(
  breaker: Pick<Breaker, 'id' | 'v'>,
  input: { readonly now: number; readonly random: number; readonly trouble: Trouble; readonly openings: number },
): Breaker {
  const { now, random, openings } = input;
  const { kind, code, message, remedy } = input.trouble;
  const ceilingMs = Math.min(firstOpeningMs * 2 ** Math.min(openings - 1, 10), longestOpeningMs);
  // Jittered, so that deployments which failed together are not all tried again together.
  const until = Math.ceil(now + ceilingMs * (0.5 + 0.5 * random));
  return { ...without(breaker), state: kind, since: now, until, openings, why: { code, message, remedy } };
}

/** A breaker without its probe. */
function without(breaker: Pick<Breaker, 'id' | 'v'> & Partial<Breaker>): Pick<Breaker, 'id' | 'v'> {
  const { probe: _probe, probedIn: _probedIn, ...rest } = breaker;
  return rest;
}
