import type { ParseArgsOptionsConfig } from 'node:util';
import type { Api } from './api.ts';

/** What a command works with. */
export interface Terminal {
  readonly say: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Absent without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

export interface Call {
  readonly api: Api;
  readonly terminal: Terminal;
  readonly values: Values;
  /** What is no option. */
  readonly words: readonly string[];
  readonly isJson: boolean;
}

export interface Command {
  /** The words that name it. */
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  /** What `--help` says below the usage. */
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  /** Whether it takes words beside its options; otherwise they are refused. */
  readonly takesWords?: true;
  /** Resolves with the exit code. */
  readonly run: (call: Call) => Promise<number>;
}

export const exitCodes = { done: 0, failed: 1, wrong: 2, partly: 3 } as const;

/** The command line cannot be used: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export function textOf(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

export function listOf(values: Values, name: string): readonly string[] | undefined {
  const value = values[name];
  return typeof value === 'object' ? value.filter((one) => typeof one === 'string') : undefined;
}

export function isSet(values: Values, name: string): boolean {
  return values[name] === true;
}

export function numberOf(values: Values, name: string): number | undefined {
  const text = textOf(values, name);
  const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (text !== undefined && !Number.isFinite(number)) {
    throw new UsageError(`--${name} takes a number, not "${text}".`);
  }
  return text === undefined ? undefined : number;
}
