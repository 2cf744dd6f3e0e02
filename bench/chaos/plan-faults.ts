import { seededRandom } from '../../local/azure-openai/seeded-random.ts';
import { type FaultSite, placeOf, type PlannedFault } from './fault.ts';
import { type FaultKind, faultKinds } from './fault-kinds.ts';

/** Ends of processes come twice as often as other faults. */
const isTwice = (kind: FaultKind): boolean => kind === 'kill-app' || kind === 'stop-app';

/** The first fault comes when jobs are under way. */
const firstAtMs = 2000;

/** Mean of the time from one fault to the next: shorter in a short run, so that it sees most kinds. */
const gapMs = { least: 700, most: 1800 };

/** After a restart a place is left in peace for so long: what only just runs again has work to do. */
const peaceMs = 1500;

/** A killed stack takes about so long to start; what is done to it meanwhile comes to nothing. */
const stackStartMs = 2500;

/** Draws of one fault's target before its turn is passed over. */
const mostDraws = 6;

/**
 * The schedule of faults: the same seed, time, site and kinds give the same one. Kinds are drawn from a bag, so that each
 * comes before all come again; a fault has its place for itself, and is over before `durationMs`.
 */
export function planFaults(input: {
  readonly seed: number;
  readonly durationMs: number;
  readonly site: FaultSite;
  readonly kinds: readonly FaultKind[];
}): readonly PlannedFault[] {
  const { seed, durationMs, site, kinds } = input;
  const random = seededRandom('chaos', seed);
  const meanGapMs = Math.min(gapMs.most, Math.max(gapMs.least, durationMs / (2 * kinds.length)));
  const freeAt = new Map<string, number>();
  const planned: PlannedFault[] = [];
  let bag: FaultKind[] = [];
  for (let atMs = firstAtMs; atMs < durationMs; atMs += Math.round(meanGapMs * (0.5 + random()))) {
    bag = bag.length === 0 ? shuffled([...kinds, ...kinds.filter(isTwice)], random) : bag;
    const kind = bag.pop();
    const fault = kind === undefined ? undefined : drawFault({ kind, atMs, site, random, freeAt });
    if (fault === undefined) {
      bag.unshift(...(kind === undefined ? [] : [kind]));
    } else if (fault.atMs + fault.forMs <= durationMs) {
      planned.push(fault);
      occupy(freeAt, fault);
    }
  }
  return planned;
}

/** Undefined when every place that was drawn is taken: its turn comes again later. */
function drawFault(input: {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly site: FaultSite;
  readonly random: () => number;
  readonly freeAt: ReadonlyMap<string, number>;
}): PlannedFault | undefined {
  const { kind, atMs, site, random, freeAt } = input;
  const { draw, forMs } = faultKinds[kind];
  const [least, most] = forMs;
  for (let tries = 0; tries < mostDraws; tries += 1) {
    const action = draw(random, site);
    const lastsMs = Math.round(least + (most - least) * random() ** 2);
    const isStackDown = action.on !== 'process' && (freeAt.get('stack') ?? 0) > atMs;
    if (!isStackDown && (freeAt.get(placeOf({ action, kind })) ?? 0) <= atMs) {
      return { atMs, forMs: lastsMs, kind, action };
    }
  }
  return undefined;
}

function occupy(freeAt: Map<string, number>, fault: PlannedFault): void {
  const overMs = fault.atMs + fault.forMs;
  freeAt.set(placeOf(fault), overMs + peaceMs);
  if (fault.action.on === 'stack') {
    freeAt.set('stack', overMs + stackStartMs);
  }
}

/** Fisher and Yates. */
function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  const left = [...values];
  const drawn: Value[] = [];
  while (left.length > 0) {
    drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  }
  return drawn;
}
