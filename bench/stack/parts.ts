import type { BenchPart } from './part.ts';
import { serviceBusPart } from './service-bus.ts';

/** What is measured, in order. */
export const parts: readonly BenchPart[] = [serviceBusPart];
