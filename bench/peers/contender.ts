import type { BuiltApp } from '../app-under-test.ts';
import type { PeerName, PeerSetting } from './field.ts';
import type { TracePlan } from './trace.ts';

/** One contender with its processes, ready and idle. */
export interface StartedContender {
  /** Processes whose CPU is the contender's. */
  readonly pids: readonly number[];
  /** The jobs are there from now on: work begins. */
  readonly begin: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Who runs, and how. */
export type Entry = { readonly contender: 'sluice' } | { readonly contender: PeerName; readonly setting: PeerSetting };

export interface Ground {
  /** Of the contender's own region. */
  readonly endpoint: string;
  readonly redisPort: number;
  readonly app: BuiltApp;
  /** For what the contender keeps during the run. */
  readonly folder: string;
  readonly runName: string;
  readonly trace: TracePlan;
  readonly meanCost: number;
  readonly signal: AbortSignal;
  readonly onLog: (line: string) => void;
}
