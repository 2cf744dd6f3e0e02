/**
 * How the places of a pump's hand are shared among its pools, so that one whose calls hang does not starve the others.
 *
 * - H1 A hand that is filled by this rule never holds more than its places.
 * - H2 Every pool can always come to its guaranteed part, whatever the others hold: half of an even share, and one place at
 *   least while there are as many places as pools.
 * - H3 What is guaranteed to nobody is lent to whoever asks first.
 */
export interface HandUse {
  /** Places of the hand. */
  readonly places: number;
  /** Jobs in hand of every party that shares it, of those with none too. */
  readonly inHand: ReadonlyMap<string, number>;
  /** The one that asks. */
  readonly pool: string;
}

/** How many more messages the pool may take now. */
export function handRoom({ places, inHand, pool }: HandUse): number {
  const guaranteed = guaranteedPlaces(places, inHand.size);
  const counts = [...inHand];
  const taken = counts.reduce((sum, [, held]) => sum + held, 0);
  const kept = counts
    .filter(([name]) => name !== pool)
    .reduce((sum, [, held]) => sum + Math.max(0, guaranteed - held), 0);
  return Math.max(0, places - taken - kept);
}

/** Places that each of so many parties can always come to. */
export function guaranteedPlaces(places: number, parties: number): number {
  return places < parties ? 0 : Math.max(1, Math.floor(places / (2 * Math.max(1, parties))));
}
