/**
 * Keeps settlements of different outcomes apart.
 *
 * The AMQP library below the SDK (rhea 3.0.5, `write_dispositions` in `lib/session.js`) writes the settlements of one
 * tick as ranges of deliveries, and compares a delivery's outcome with the one before only from the third of a range on:
 * the second gets the outcome of the first. A message that is abandoned beside one that is completed is then completed,
 * and its job lost (J2). So settlements pass together only when they are alike, and the others wait until those are
 * confirmed. First come, first served: a stream of completions does not hold up what came before.
 */
export interface SettlementTurns {
  /** Runs the settlement in its turn. `alone`: its outcome carries properties, so it is like no other. */
  readonly take: (outcome: 'complete' | 'abandon' | 'alone', settle: () => Promise<void>) => Promise<void>;
}

type Outcome = Parameters<SettlementTurns['take']>[0];

export function settlementTurns(): SettlementTurns {
  const waiting: { readonly outcome: Outcome; readonly start: () => void }[] = [];
  let running = 0;
  let current: Outcome = 'alone';
  const isFree = (outcome: Outcome): boolean => running === 0 || (outcome !== 'alone' && outcome === current);
  const start = (outcome: Outcome): void => {
    current = outcome;
    running += 1;
  };
  const end = (): void => {
    running -= 1;
    for (let next = waiting[0]; next !== undefined && isFree(next.outcome); next = waiting[0]) {
      waiting.shift();
      start(next.outcome);
      next.start();
    }
  };
  return {
    take: async (outcome, settle) => {
      if (waiting.length === 0 && isFree(outcome)) {
        start(outcome);
      } else {
        await new Promise<void>((resolve) => {
          waiting.push({ outcome, start: resolve });
        });
      }
      try {
        await settle();
      } finally {
        end();
      }
    },
  };
}
