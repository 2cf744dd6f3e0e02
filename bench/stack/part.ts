import type { Child } from '../../local/child-process.ts';

/** Figures by name; a name ends with its unit where it has one. */
export type Figures = Readonly<Record<string, number>>;

export interface BenchContext {
  /** An empty folder of this part's own, for its database. It is removed at the end. */
  readonly folder: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** One line of progress, for people. */
  readonly tell: (line: string) => void;
  /** 1 for the published measurement; less makes every count smaller by that factor, for a quick look. */
  readonly scale: number;
}

/**
 * A part of the stack that `npm run bench:stack` measures, in a process of its own, through the SDK that an app would
 * use. It stops what it has started when it is done, fails, or is told to by the signal.
 */
export interface BenchPart {
  /** Its key in the result, and its name after `--only`. */
  readonly name: 'serviceBus' | 'cosmos';
  /** What is measured, in one line of the help. */
  readonly about: string;
  readonly measure: (context: BenchContext) => Promise<Figures>;
  readonly openSoak: (context: BenchContext) => Promise<Soak>;
}

/** A running part under a steady load, for as long as the soak lasts. */
export interface Soak {
  /** The part's process, whose memory is watched. */
  readonly server: Child;
  /** One round of load, of a second or so, after which as much is stored as before. @returns operations done */
  readonly round: () => Promise<number>;
  /** Closes the clients and stops the process. */
  readonly stop: () => Promise<void>;
}
