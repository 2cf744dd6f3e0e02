import type { Random } from '../seeded-random.ts';

/** A vector of length 1 that points anywhere with the same probability. */
export function embeddingVector(random: Random, dimensions: number): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimensions);
  let squares = 0;
  for (let index = 0; index < dimensions; index += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    for (const [offset, value] of [radius * Math.cos(angle), radius * Math.sin(angle)].entries()) {
      if (index + offset < dimensions) {
        vector[index + offset] = value;
        squares += value * value;
      }
    }
  }
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}
