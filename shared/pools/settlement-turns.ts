/**
 * Keeps settlements of different outcomes apart.
 *
 * The AMQP library below the SDK (rhea 3.0.5, `write_dispositions` in `lib/session.js`) writes the settlements of one
 * tick as ranges of deliveries, and compares a delivery's outcome with the one before only from the third of a range on:
 * the second gets the outcome of the first. A message that is abandoned beside one that is completed is then completed,
 * and its job lost (J2). So only settlements that are alike pass in one turn of the event loop; they are written at its
 * end, and the others follow in the next. Nobody waits for a confirmation but who settles. First come, first served.
 */
export interface SettlementTurns {
  /** Runs the settlement in its turn. `alone`: its outcome carries properties, so it is like no other. */
  readonly take: <Result>(outcome: SettlementKind, settle: () => Promise<Result>) => Promise<Result>;
}

export type SettlementKind = 'complete' | 'abandon' | 'alone';

/** @param nextTurn resolves in the next turn of the event loop, after what was settled in this one was written */
export function settlementTurns(nextTurn: () => Promise<void>): SettlementTurns {
  const line: { readonly outcome: SettlementKind; readonly start: () => void }[] = [];
  /** What passes in this turn; undefined when it is free. */
  let current: SettlementKind | undefined;
  const mayPass = (outcome: SettlementKind): boolean =>
    current === undefined || (outcome !== 'alone' && outcome === current);
  const serve = async (): Promise<void> => {
    do {
      await nextTurn();
      current = undefined;
      for (let next = line[0]; next !== undefined && mayPass(next.outcome); next = line[0]) {
        line.shift();
        current = next.outcome;
        next.start();
      }
    } while (current !== undefined);
  };
  return {
    take: async (outcome, settle) => {
      if (line.length > 0 || !mayPass(outcome)) {
        return new Promise((resolve) => {
          line.push({ outcome, start: () => resolve(settle()) });
        });
      }
      const isFirst = current === undefined;
      current = outcome;
      if (isFirst) {
        void serve();
      }
      return settle();
    },
  };
}
