import type { Random } from '../../local/azure-openai/seeded-random.ts';

/** A log-normal quantity, by its median and its 99th percentile. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/** The 99th percentile of a standard normal variable. */
const normalP99 = 2.326_347_874;

export function drawLogNormal(random: Random, { p50, p99 }: Spread): number {
  return p50 * Math.exp((Math.log(p99 / p50) / normalP99) * drawNormal(random));
}

export function drawBetween(random: Random, least: number, most: number): number {
  return least + random() * (most - least);
}

/** Time to the next arrival of a Poisson process. */
export function drawExponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** Box-Muller. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
