import type { FaultKind } from './fault-kinds.ts';

/** What a fault does; who acts it out is `inject-fault.ts`. Everything but processes goes through the stack's admin endpoint. */
export type FaultAction =
  /** The process ends by this signal and starts again when the fault is over, with its wall clock so many seconds off. */
  | {
      readonly on: 'process';
      readonly process: number;
      readonly signal: 'SIGKILL' | 'SIGTERM';
      readonly skewSeconds: number;
    }
  /** The process that holds the whole stack is killed, and starts again when the fault is over. */
  | { readonly on: 'stack' }
  /** A part of the stack, or a region, is away. */
  | { readonly on: 'part'; readonly part: string }
  /** Calls, operations or messages meet it while it lasts, as the body says. */
  | { readonly on: 'book'; readonly book: FaultyPart; readonly fault: FaultBody }
  /** Done at once, and nothing to heal. */
  | { readonly on: 'once'; readonly path: string; readonly body: FaultBody }
  | { readonly on: 'units'; readonly container: string; readonly requestUnitsPerSecond: number }
  | { readonly on: 'limit'; readonly region: string; readonly deployment: string; readonly factor: number };

export type FaultyPart = 'cosmos' | 'service-bus' | 'azure-openai';
export type FaultBody = Readonly<Record<string, unknown>>;

export interface PlannedFault {
  /** From the start of the faults. */
  readonly atMs: number;
  /** Healed after so long. */
  readonly forMs: number;
  readonly kind: FaultKind;
  readonly action: FaultAction;
}

/** What faults are drawn for. */
export interface FaultSite {
  readonly processes: number;
  readonly regions: readonly string[];
  /** Deployments, which bear the same names in every region that has them. */
  readonly deployments: readonly { readonly region: string; readonly name: string }[];
  /** Queues that jobs travel through. */
  readonly queues: readonly string[];
}

/** Numbers in [0, 1). */
export type Random = () => number;

/** One kind of fault, as it is drawn. */
export interface DrawnFault {
  readonly about: string;
  /** Whether it may lose the answer of a call that was paid for, so that the call is made, and paid, again. */
  readonly mayPayTwice: boolean;
  /** How long it lasts, in ms. */
  readonly forMs: readonly [least: number, most: number];
  readonly draw: (random: Random, site: FaultSite) => FaultAction;
}

/** What a fault has for itself while it lasts: two of them never meet there. */
export function placeOf({ action, kind }: Pick<PlannedFault, 'action' | 'kind'>): string {
  switch (action.on) {
    case 'process':
      return `process ${action.process}`;
    case 'part':
      return `part ${action.part}`;
    case 'limit':
      return `limit of ${action.region}/${action.deployment}`;
    case 'stack':
    case 'book':
    case 'once':
    case 'units':
      return kind;
  }
}

export function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) {
    throw new Error('There is nothing to pick from.');
  }
  return value;
}
