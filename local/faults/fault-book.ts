import { seededRandom, type Random } from '../azure-openai/seeded-random.ts';

/** How often a fault is met. */
export interface FaultRate {
  /** Share of what it is meant for, over 0 to 1; 1 by default. */
  readonly probability?: number | undefined;
  /** How many times; without end by default. */
  readonly count?: number | undefined;
}

/** A fault as `GET` shows it: as it was added, and what became of it. */
export type FaultReport<Fault> = Fault & {
  readonly id: string;
  /** How many times it was met. */
  readonly taken: number;
  /** False when it is used up or was removed. It stays in the list, for what it did is part of the account. */
  readonly isActive: boolean;
};

interface Entry<Fault> {
  readonly id: string;
  readonly fault: Fault;
  readonly random: Random;
  taken: number;
  isActive: boolean;
}

/**
 * The faults of one part of the stack, tried in the order in which they came.
 *
 * F1 A fault that was added has an id that no other fault of the stack has had since its start.
 * F2 Each draws from a sequence of its own, by the seed and its id: the nth thing that it is meant for meets it, or
 *    does not, whatever other faults there are.
 */
export class FaultBook<Fault extends FaultRate> {
  readonly #part: string;
  readonly #seed: number;
  readonly #entries: Entry<Fault>[] = [];
  #active: Entry<Fault>[] = [];
  #last = 0;

  constructor(facts: { readonly part: string; readonly seed: number }) {
    this.#part = facts.part;
    this.#seed = facts.seed;
  }

  /** @returns its id */
  add(fault: Fault): string {
    this.#last += 1;
    const id = `${this.#part}-${this.#last}`;
    const entry = { id, fault, random: seededRandom(this.#seed, 'fault', id), taken: 0, isActive: true };
    this.#entries.push(entry);
    this.#active.push(entry);
    return id;
  }

  /** The first fault that is meant for this and is met, if any; it is then used once. */
  take(isMeant: (fault: Fault) => boolean): Fault | undefined {
    for (const entry of this.#active) {
      const { fault } = entry;
      if (isMeant(fault) && entry.random() < (fault.probability ?? 1)) {
        entry.taken += 1;
        if (entry.taken >= (fault.count ?? Number.POSITIVE_INFINITY)) {
          this.#end([entry]);
        }
        return fault;
      }
    }
    return undefined;
  }

  /** Every fault since the start, or since all were forgotten. */
  list(isMeant: (fault: Fault) => boolean = () => true): readonly FaultReport<Fault>[] {
    return this.#entries
      .filter(({ fault }) => isMeant(fault))
      .map(({ fault, id, isActive, taken }) => ({ ...fault, id, taken, isActive }));
  }

  /** Ends one fault. False when there is no active one of this id. */
  remove(id: string): boolean {
    const entry = this.#active.find((candidate) => candidate.id === id);
    if (entry !== undefined) {
      this.#end([entry]);
    }
    return entry !== undefined;
  }

  /** Ends faults. @returns how many */
  clear(isMeant: (fault: Fault) => boolean = () => true): number {
    const ended = this.#active.filter(({ fault }) => isMeant(fault));
    this.#end(ended);
    return ended.length;
  }

  /** Ends all faults and takes them off the list. Ids go on. */
  forget(): void {
    this.clear();
    this.#entries.length = 0;
  }

  /** How many are active. */
  get size(): number {
    return this.#active.length;
  }

  #end(ended: readonly Entry<Fault>[]): void {
    for (const entry of ended) {
      entry.isActive = false;
    }
    this.#active = this.#active.filter(({ isActive }) => isActive);
  }
}
