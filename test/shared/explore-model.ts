import assert from 'node:assert/strict';

export interface Transition<State> {
  readonly action: string;
  readonly to: State;
  /** What happens by itself in the end, unlike a fault or somebody's whim. */
  readonly isProgress: boolean;
  /** A law that this very step breaks. */
  readonly broken?: string | undefined;
}

export interface Exploration<State> {
  readonly states: readonly State[];
  /** Every reachable state satisfies the law; fails with the actions that lead to one that does not. */
  readonly always: (law: string, holds: (state: State) => boolean) => void;
  /** From every reachable state some way of progress alone leads to a goal. */
  readonly canAlwaysReach: (law: string, isGoal: (state: State) => boolean) => void;
  /** The model is not vacuous: some state is like this. */
  readonly sometimes: (fact: string, holds: (state: State) => boolean) => void;
}

/** Visits every state of a small model, breadth first. */
export function exploreModel<State>(model: {
  readonly initial: State;
  readonly next: (state: State) => Iterable<Transition<State>>;
  /** Tells states apart; their JSON when absent. */
  readonly keyOf?: (state: State) => string;
  /** More states than this are a mistake in the model. */
  readonly most: number;
}): Exploration<State> {
  const keyOf = model.keyOf ?? ((state: State) => JSON.stringify(state));
  const states: State[] = [model.initial];
  const indexes = new Map([[keyOf(model.initial), 0]]);
  const cameFrom: { readonly index: number; readonly action: string }[] = [];
  const progressFrom: number[][] = [[]];
  const pathTo = (index: number): string => {
    const actions: string[] = [];
    for (let at = index; at > 0; at = cameFrom[at]?.index ?? 0) {
      actions.unshift(cameFrom[at]?.action ?? '');
    }
    return `after:\n  ${actions.join('\n  ')}\nin ${JSON.stringify(states[index], undefined, 1)}`;
  };
  for (let index = 0; index < states.length; index += 1) {
    const state = states[index];
    for (const { action, to, isProgress, broken } of state === undefined ? [] : model.next(state)) {
      const key = keyOf(to);
      const known = indexes.get(key);
      const target = known ?? states.push(to) - 1;
      if (known === undefined) {
        assert.ok(states.length <= model.most, `more than ${model.most} states`);
        indexes.set(key, target);
        cameFrom[target] = { index, action };
        progressFrom[target] = [];
      }
      if (isProgress) {
        progressFrom[target]?.push(index);
      }
      if (broken !== undefined) {
        assert.fail(`${broken}, by "${action}", ${pathTo(index)}`);
      }
    }
  }
  return {
    states,
    always: (law, holds) => {
      const index = states.findIndex((state) => !holds(state));
      assert.equal(index, -1, `not always: ${law}, ${index === -1 ? '' : pathTo(index)}`);
    },
    sometimes: (fact, holds) => {
      assert.ok(states.some(holds), `never: ${fact}`);
    },
    canAlwaysReach: (law, isGoal) => {
      const good = new Set(states.keys().filter((index) => isGoal(states[index] ?? model.initial)));
      assert.ok(good.size > 0, `never: ${law}`);
      for (const index of good) {
        for (const before of progressFrom[index] ?? []) {
          good.add(before);
        }
      }
      const index = states.findIndex((_, candidate) => !good.has(candidate));
      assert.equal(index, -1, `no way left: ${law}, ${index === -1 ? '' : pathTo(index)}`);
    },
  };
}
