import type { LatencySettings, LimiterFaces } from '../../local/azure-openai/settings.ts';
import type { LoadShape } from './load-shape.ts';
import type { RunOutcome } from './run-outcome.ts';

/** Token windows of the two regions: one slides, the other is a fixed minute; each run gives a row for both. */
export type WindowKind = 'sliding' | 'fixed';

export interface PacingRegion {
  readonly name: string;
  readonly window: WindowKind;
}

export const pacingRegions: readonly PacingRegion[] = [
  { name: 'eastus', window: 'sliding' },
  { name: 'swedencentral', window: 'fixed' },
];

/** What befalls a run; times are ms after its first call. */
export type Disturbance =
  /** The limits of both regions, for a time, without a word. */
  | { readonly kind: 'lower-limit'; readonly afterMs: number; readonly forMs: number; readonly factor: number }
  /** SIGKILL, and nobody starts it again. */
  | { readonly kind: 'kill-process'; readonly afterMs: number; readonly process: number };

/** A load, what it meets, and what is expected of it. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Of each region, as the app is told it. */
  readonly quota: { readonly tokensPerMinute: number; readonly requestsPerMinute: number };
  readonly latency: LatencySettings;
  readonly shape: LoadShape;
  /** Numbers of processes that it is run with unless the command line says otherwise. */
  readonly processes: readonly number[];
  /** Whole windows, from the first call on, over which it is measured. */
  readonly windows: number;
  /** A few jobs wake everything first; then nothing happens for so long. */
  readonly idleFirstMs?: number;
  /** What the limiter of a region does besides its window. */
  readonly faces?: Readonly<Partial<Record<WindowKind, LimiterFaces>>>;
  /** Share of the quota that somebody else eats, 0 to 1. */
  readonly neighbourShare?: number;
  readonly disturbances?: readonly Disturbance[];
  /** One process whose clock is wrong. */
  readonly skewedClock?: { readonly process: number; readonly seconds: number };
  readonly expect: (outcome: RunOutcome) => readonly Finding[];
}

/** One expectation and what came of it. */
export interface Finding {
  readonly what: string;
  readonly isMet: boolean;
}
