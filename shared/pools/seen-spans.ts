export interface Peeked {
  readonly sequence: number;
  /** Epoch ms, by the broker's clock. */
  readonly enqueuedAt: number;
  /** Due, and not held by this process. */
  readonly isWaiting: boolean;
  /** What it costs, if it tells. */
  readonly costTokens: number | undefined;
}

/** The first messages, `most` or fewer, with numbers from `from` on; none beyond the tail. */
export type Look = (from: number, most: number) => Promise<readonly Peeked[]>;

/** Numbers of a queue that were seen whole, and the messages that are left in them. */
export interface SeenSpan {
  readonly from: number;
  readonly to: number;
  readonly seen: readonly Peeked[];
}

/** Numbers between two spans; messages that wait ÷ numbers on its left and on its right. */
interface Gap {
  readonly from: number;
  readonly length: number;
  readonly left: number;
  readonly right: number;
  /** The mean cost of the messages on both sides, if they tell any. */
  readonly cost: number | undefined;
}

/** Two messages this close are not looked between: what came when is told well enough by how far apart they are. */
const closeNumbers = 16;

/** Adds what a look from a number on has seen: everything up to its last message. */
export function noteLook(spans: SeenSpan[], lookedFrom: number, seen: readonly Peeked[]): void {
  const before = spans.findLast((span) => span.from <= lookedFrom);
  const from = Math.max(lookedFrom, (before?.to ?? -1) + 1);
  const after = spans.find((span) => span.from > lookedFrom);
  const to = Math.min(seen.at(-1)?.sequence ?? -1, (after?.from ?? Number.POSITIVE_INFINITY) - 1);
  if (from > to) {
    return;
  }
  spans.push({ from, to, seen: seen.filter(({ sequence }) => sequence >= from && sequence <= to) });
  spans.sort((a, b) => a.from - b.from);
}

/** What has not been seen, up to the tail. Beyond the last span it is taken to go on as there. */
export function gapsOf(spans: readonly SeenSpan[], tail: number): readonly Gap[] {
  return spans.flatMap((span, index) => {
    const next = spans[index + 1];
    const from = span.to + 1;
    const length = (next?.from ?? tail + 1) - from;
    const left = densityOf(span);
    const costs = [span, next].flatMap((one) => costOf(one?.seen ?? []) ?? []);
    const cost = costs.length === 0 ? undefined : costs.reduce((sum, one) => sum + one, 0) / costs.length;
    return length > 0 ? [{ from, length, left, right: next === undefined ? left : densityOf(next), cost }] : [];
  });
}

export interface Waiting {
  readonly messages: number;
  /** By the cost that messages tell, and that of their neighbours; `undefined` when none tells. */
  readonly costTokens: number | undefined;
}

/** About what waits with numbers below `cut`. */
export function waitingUpTo(spans: readonly SeenSpan[], tail: number, cut: number): Waiting {
  const usual = costOf(spans.flatMap(({ seen }) => seen));
  const seen = spans.map((span) => {
    const waiting = span.seen.filter(({ isWaiting, sequence }) => isWaiting && sequence < cut);
    return { messages: waiting.length, cost: waiting.length * (costOf(waiting) ?? usual ?? 0) };
  });
  const between = gapsOf(spans, tail).map(({ from, length, left, right, cost = usual }) => {
    const part = Math.min(length, Math.max(0, cut - from));
    const messages = left * part + ((right - left) * part * part) / (2 * length);
    return { messages, cost: messages * (cost ?? 0) };
  });
  const all = [...seen, ...between];
  const costTokens = all.reduce((sum, { cost }) => sum + cost, 0);
  return {
    messages: Math.round(all.reduce((sum, { messages }) => sum + messages, 0)),
    costTokens: usual === undefined ? undefined : Math.round(costTokens),
  };
}

/** The mean cost of the messages that tell theirs. */
function costOf(messages: readonly Peeked[]): number | undefined {
  const costs = messages.flatMap(({ costTokens }) => costTokens ?? []);
  return costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}

export type Cut =
  /** Messages below this number came before the time. */
  | { readonly kind: 'exact'; readonly number: number }
  /** As far as is known; a look at `between` would tell more. */
  | { readonly kind: 'about'; readonly number: number; readonly between: number };

/** Where in the queue a time lies (epoch ms). */
export function cutAt(spans: readonly SeenSpan[], time: number): Cut {
  const waiting = spans.flatMap(({ seen }) => seen.filter(({ isWaiting }) => isWaiting));
  const index = waiting.findIndex(({ enqueuedAt }) => enqueuedAt >= time);
  const before = waiting[index - 1];
  const after = waiting[index];
  if (index === -1 || after === undefined) {
    return { kind: 'exact', number: Number.POSITIVE_INFINITY };
  }
  const between = before === undefined ? undefined : unseenBetween(spans, before.sequence, after.sequence);
  if (before === undefined || between === undefined) {
    return { kind: 'exact', number: after.sequence };
  }
  const share = (time - before.enqueuedAt) / Math.max(1, after.enqueuedAt - before.enqueuedAt);
  const number = before.sequence + Math.ceil((after.sequence - before.sequence) * share);
  return after.sequence - before.sequence <= closeNumbers
    ? { kind: 'exact', number }
    : { kind: 'about', number, between };
}

/** The middle of the largest gap between two numbers. */
function unseenBetween(spans: readonly SeenSpan[], low: number, high: number): number | undefined {
  const [largest] = gapsOf(spans, high)
    .filter(({ from }) => from > low && from < high)
    .toSorted((a, b) => b.length - a.length);
  return largest === undefined ? undefined : largest.from + Math.floor(largest.length / 2);
}

function densityOf({ from, to, seen }: SeenSpan): number {
  return seen.filter(({ isWaiting }) => isWaiting).length / (to - from + 1);
}
