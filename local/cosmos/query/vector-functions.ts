import type { FunctionEntry } from './query-function.ts';
import { readDistanceFunction, vectorDistance } from './vector-distance.ts';

/** The entry gives the number of arguments; a call is compiled by `compileVectorDistance`, which knows the container. */
export const vectorFunctions: readonly FunctionEntry[] = [
  [
    'VECTORDISTANCE',
    {
      fewest: 2,
      most: 4,
      apply: ([left, right, , options]) => vectorDistance(left, right, readDistanceFunction(options, undefined)),
    },
  ],
];
