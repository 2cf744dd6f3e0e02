import { findTail } from './find-tail.ts';
import { cutAt, gapsOf, type Look, noteLook, type SeenSpan, type Waiting, waitingUpTo } from './seen-spans.ts';

/** Messages in a look at the head, and in those further on. */
const headPage = 32;
const page = 16;

/** Looks of one sample: for the tail, spread over the queue at once, where the density changes, and for times. */
const tailLooks = 40;
const spreadLooks = 12;
const densityLooks = 8;
const timeLooks = 24;

/** A gap is looked into while it may be wrong by more than this many messages, or this share of all. */
const tolerated = { messages: 8, share: 0.01 } as const;

/** What a gap is taken to be wrong by at least, as a share of it: looks on both sides of a hole may be alike. */
const unseenShare = 0.02;

/** Numbers from here on are those of a partitioned queue. */
const partitioned = 2 ** 48;

/**
 * How much waits in a queue that can only be peeked at.
 *
 * - Q1 Numbers rise by one with every message, so a queue without holes holds tail − head + 1.
 * - Q2 Holes (messages that are gone, held by this process or scheduled) show in the density of a look: messages that wait ÷
 *   numbers covered. Between two looks the density is taken to go evenly from the one to the other, and the next look is
 *   made where this may be most wrong.
 * - Q3 Numbers and times of arrival rise together: how much came before a time is found by bisecting.
 *
 * Numbers of partitioned queues hold the partition in their upper bits, and their distances tell nothing: of such a queue
 * only what the first look shows is counted.
 *
 * Looks at a queue; the sample answers questions about it until it is thrown away.
 */
export async function sampleQueue(look: Look, tailHint: number | undefined): Promise<QueueSample> {
  const head = await look(0, headPage);
  const [first, last] = [head[0], head.at(-1)];
  if (first === undefined || last === undefined) {
    return new QueueSample(look, [], tailHint);
  }
  const spans: SeenSpan[] = [{ from: first.sequence, to: last.sequence, seen: head }];
  if (first.sequence >= partitioned) {
    return new QueueSample(look, spans, undefined);
  }
  const noted: Look = async (from, most) => {
    const seen = await look(from, most);
    noteLook(spans, from, seen);
    return seen;
  };
  const tail = await findTail(noted, { known: last.sequence, hint: tailHint, mostLooks: tailLooks });
  await spread(noted, last.sequence + 1, tail);
  const sample = new QueueSample(noted, spans, tail);
  await sample.refine();
  return sample;
}

/** Looks that see a short queue whole, and of a long one a part everywhere: costs and holes come in clusters. */
async function spread(look: Look, from: number, tail: number): Promise<void> {
  const length = tail - from + 1;
  const looks = Math.min(spreadLooks, Math.ceil(length / page));
  const places = Array.from({ length: Math.max(0, looks) }, (_, index) => from + Math.floor((index * length) / looks));
  await Promise.all(places.map(async (place) => look(place, page)));
}

/** What was seen of a queue at one time. */
export class QueueSample {
  readonly #look: Look;
  readonly #spans: readonly SeenSpan[];
  /** The newest message's number; `undefined` when there was none, or the queue is partitioned. */
  readonly tail: number | undefined;
  #timeLooks = timeLooks;

  constructor(look: Look, spans: readonly SeenSpan[], tail: number | undefined) {
    this.#look = look;
    this.#spans = spans;
    this.tail = tail;
  }

  /** Looks into the gaps that may be most wrong. */
  async refine(): Promise<void> {
    for (let looks = 0; looks < densityLooks; looks += 1) {
      const total = waitingUpTo(this.#spans, this.#last(), Number.POSITIVE_INFINITY).messages;
      const [worst] = gapsOf(this.#spans, this.#last())
        .map((gap) => ({ gap, doubt: gap.length * (Math.abs(gap.left - gap.right) / 2 + unseenShare) }))
        .toSorted((a, b) => b.doubt - a.doubt);
      if (worst === undefined || worst.doubt <= Math.max(tolerated.messages, total * tolerated.share)) {
        return;
      }
      await this.#look(worst.gap.from + Math.floor(worst.gap.length / 2), page);
    }
  }

  /** What waits, or what of it came before a time (epoch ms, by the broker's clock). */
  async waiting(enqueuedBefore: number | undefined): Promise<Waiting> {
    const cut = enqueuedBefore === undefined ? Number.POSITIVE_INFINITY : await this.#cut(enqueuedBefore);
    return waitingUpTo(this.#spans, this.#last(), cut);
  }

  async #cut(time: number): Promise<number> {
    for (;;) {
      const cut = cutAt(this.#spans, time);
      if (cut.kind === 'exact' || this.#timeLooks === 0) {
        return cut.number;
      }
      this.#timeLooks -= 1;
      await this.#look(cut.between, page);
    }
  }

  #last(): number {
    return this.tail ?? this.#spans.at(-1)?.to ?? 0;
  }
}
