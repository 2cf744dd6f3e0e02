import type { Evaluate, Frame } from './frame.ts';
import { pathOf } from './path-of.ts';
import type { Expression } from './syntax.ts';
import {
  readDistanceFunction,
  requireDimensions,
  vectorDistance,
  type DistanceFunction,
  type VectorPolicy,
} from './vector-distance.ts';

/**
 * `VectorDistance(vector, vector [, bruteForce [, options]])`. Every search is a full scan here, so the third argument
 * changes nothing but what the service would charge.
 */
export function compileVectorDistance(
  args: readonly Expression[],
  compile: (expression: Expression) => Evaluate,
): Evaluate {
  const [left, right] = args.map(compile);
  const distance = compileDistanceFunction(args, compile);
  const paths = args.slice(0, 2).map(pathOf);
  return (frame) => {
    const [from, to] = [left?.(frame), right?.(frame)];
    const policy = policyOf(frame, paths);
    if (policy !== undefined) {
      for (const [index, vector] of [from, to].entries()) {
        if (paths[index] === undefined) {
          requireDimensions(vector, policy);
        }
      }
    }
    return vectorDistance(from, to, distance(frame));
  };
}

/** Which distance a call measures, as far as it can be told before an item is at hand. */
export function compileDistanceFunction(
  args: readonly Expression[],
  compile: (expression: Expression) => Evaluate,
): (frame: Frame) => DistanceFunction {
  const options = args[3] === undefined ? undefined : compile(args[3]);
  const paths = args.slice(0, 2).map(pathOf);
  return (frame) => readDistanceFunction(options?.(frame), policyOf(frame, paths));
}

function policyOf(
  { surroundings }: Frame,
  paths: readonly (readonly string[] | undefined)[],
): VectorPolicy | undefined {
  const wanted = new Set(paths.map((path) => path?.join('/')));
  return surroundings.vectors.find(({ path }) => wanted.has(path.join('/')));
}
