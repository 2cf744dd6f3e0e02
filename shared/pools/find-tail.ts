import type { Look } from './seen-spans.ts';

/** What a look for the tail asks for: a few, so that the end of a queue that hardly moved is seen at once. */
const page = 8;

/**
 * The number of a queue's newest message: a look shows the first messages from a number on, so an empty one lies beyond the
 * tail. Gallops from where the tail was seen last, and bisects what is left; when the looks are too few the answer lies
 * above the tail rather than below it.
 */
export async function findTail(
  look: Look,
  input: {
    /** A message that is there. */
    readonly known: number;
    /** Where the tail was seen last. */
    readonly hint: number | undefined;
    readonly mostLooks: number;
  },
): Promise<number> {
  let low = input.known;
  let beyond = Number.POSITIVE_INFINITY;
  let step = 1;
  let next = Math.max(low, input.hint ?? low) + 1;
  for (let looks = 0; looks < input.mostLooks && beyond - low > 1; looks += 1) {
    const seen = (await look(next, page)).at(-1)?.sequence;
    if (seen === undefined) {
      beyond = next;
    } else {
      low = seen;
    }
    if (beyond === Number.POSITIVE_INFINITY) {
      next = low + step;
      step *= 4;
    } else {
      next = looks === 0 ? Math.max(low + 1, beyond - page) : low + Math.ceil((beyond - low) / 2);
    }
  }
  return beyond === Number.POSITIVE_INFINITY ? low : beyond - 1;
}
