import type { BenchPart } from './part.ts';
import { cosmosPart } from './cosmos.ts';
import { serviceBusPart } from './service-bus.ts';

/** What is measured, in order. */
export const parts: readonly BenchPart[] = [serviceBusPart, cosmosPart];
