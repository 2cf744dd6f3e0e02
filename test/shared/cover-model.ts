import type { Transition } from './explore-model.ts';

/** One step of a schedule: what is done, and what the world is then. */
export interface ScheduledStep<State> {
  readonly action: string;
  readonly before: State;
  readonly after: State;
}

export type Schedule<State> = readonly ScheduledStep<State>[];

/** States as indexes, in the order in which they were found; a schedule is a way through them. */
interface Graph<State> {
  readonly states: readonly State[];
  /** The step that first came to a state. */
  readonly cameBy: readonly (Edge | undefined)[];
  readonly progressTo: readonly (readonly Edge[])[];
}

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly action: string;
}

/**
 * Chooses schedules of a model in which every label occurs: the shortest way to a step whose label was in none before, and
 * from there by progress to a goal. The same ones for the same model.
 */
export function coverModel<State>(model: {
  readonly initial: State;
  readonly next: (state: State) => Iterable<Transition<State>>;
  readonly keyOf: (state: State) => string;
  readonly isGoal: (state: State) => boolean;
  /** Others are passed over. */
  readonly isPlayable: (schedule: Schedule<State>) => boolean;
  readonly labelOf: (state: State, action: string, to: State) => string;
}): readonly Schedule<State>[] {
  const graph = explore(model);
  const ways = waysOut(graph, model.isGoal);
  const covered = new Set<string>();
  const schedules: Schedule<State>[] = [];
  const stepOf = ({ from, to, action }: Edge): ScheduledStep<State> => {
    return { action, before: stateOf(graph, from), after: stateOf(graph, to) };
  };
  const indexes = new Map(graph.states.map((state, index) => [model.keyOf(state), index]));
  for (const [from, state] of graph.states.entries()) {
    for (const { action, to } of model.next(state)) {
      const edge = { from, to: indexes.get(model.keyOf(to)) ?? 0, action };
      if (!covered.has(model.labelOf(state, action, to))) {
        const schedule = [...wayIn(graph, from), edge, ...wayFrom(ways, edge.to)].map(stepOf);
        if (model.isPlayable(schedule)) {
          for (const step of schedule) {
            covered.add(model.labelOf(step.before, step.action, step.after));
          }
          schedules.push(schedule);
        }
      }
    }
  }
  return schedules;
}

function explore<State>(model: {
  readonly initial: State;
  readonly next: (state: State) => Iterable<Transition<State>>;
  readonly keyOf: (state: State) => string;
}): Graph<State> {
  const states = [model.initial];
  const indexes = new Map([[model.keyOf(model.initial), 0]]);
  const cameBy: (Edge | undefined)[] = [undefined];
  const progressTo: Edge[][] = [[]];
  for (let from = 0; from < states.length; from += 1) {
    const state = states[from] ?? model.initial;
    for (const { action, to, isProgress } of model.next(state)) {
      const key = model.keyOf(to);
      const known = indexes.get(key);
      const edge = { from, to: known ?? states.push(to) - 1, action };
      if (known === undefined) {
        indexes.set(key, edge.to);
        cameBy[edge.to] = edge;
        progressTo[edge.to] = [];
      }
      if (isProgress) {
        progressTo[edge.to]?.push(edge);
      }
    }
  }
  return { states, cameBy, progressTo };
}

/** Of every state the next step by progress on its shortest way to a goal. */
function waysOut<State>(graph: Graph<State>, isGoal: (state: State) => boolean): ReadonlyMap<number, Edge | undefined> {
  const ways = new Map<number, Edge | undefined>();
  for (const [index, state] of graph.states.entries()) {
    if (isGoal(state)) {
      ways.set(index, undefined);
    }
  }
  for (const index of ways.keys()) {
    for (const edge of graph.progressTo[index] ?? []) {
      if (!ways.has(edge.from)) {
        ways.set(edge.from, edge);
      }
    }
  }
  return ways;
}

function wayIn<State>(graph: Graph<State>, index: number): readonly Edge[] {
  const edges: Edge[] = [];
  for (let edge = graph.cameBy[index]; edge !== undefined; edge = graph.cameBy[edge.from]) {
    edges.unshift(edge);
  }
  return edges;
}

function wayFrom(ways: ReadonlyMap<number, Edge | undefined>, index: number): readonly Edge[] {
  const edges: Edge[] = [];
  for (let edge = ways.get(index); edge !== undefined; edge = ways.get(edge.to)) {
    edges.push(edge);
  }
  return edges;
}

function stateOf<State>({ states }: Graph<State>, index: number): State {
  const state = states[index];
  if (state === undefined) {
    throw new RangeError(`There is no state ${index}.`);
  }
  return state;
}
