/**
 * Keeps a part running, as the real host does its worker.
 *
 * States: starting → running ⇄ restarting → stopped or given up.
 * 1. The first start throws to the caller; later ones that fail count as deaths.
 * 2. `stop` ends every state, the wait before a restart included, and returns when the process is gone.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Child } from '../child-process.ts';
import { mostRestarts, nextRestart, type Restart } from './restart-policy.ts';

export interface KeptPart {
  /** Resolves with what to tell the user when the part died too often; stays pending otherwise. */
  readonly gaveUp: Promise<string>;
  readonly stop: () => Promise<void>;
}

export interface PartSettings {
  /** As it stands in a sentence: `The stack`. */
  readonly name: string;
  readonly start: (signal: AbortSignal) => Promise<Child>;
  /** Tells the user a line. */
  readonly say: (line: string) => void;
  /** `nextRestart` by default. */
  readonly policy?: (deathsMs: readonly number[]) => Restart;
}

/** Log lines that are shown when a part has died. */
const shownLines = 12;

/** @param signal ends the first start; afterwards `stop` does */
export async function keepRunning(part: PartSettings, signal: AbortSignal): Promise<KeptPart> {
  const first = await part.start(signal);
  const stopping = new AbortController();
  const gaveUp = Promise.withResolvers<string>();
  const state: State = { child: first, deathsMs: [] };
  const watched = watch(part, { state, stopping: stopping.signal, giveUp: gaveUp.resolve });
  return {
    gaveUp: gaveUp.promise,
    stop: async () => {
      stopping.abort();
      await state.child?.stop();
      await watched;
    },
  };
}

interface State {
  /** Undefined while there is none. */
  child: Child | undefined;
  readonly deathsMs: number[];
}

async function watch(
  part: PartSettings,
  kept: { readonly state: State; readonly stopping: AbortSignal; readonly giveUp: (why: string) => void },
): Promise<void> {
  const { state, stopping } = kept;
  while (!stopping.aborted) {
    const why = await deathOf(state.child);
    state.child = undefined;
    if (stopping.aborted) {
      return;
    }
    state.deathsMs.push(Date.now());
    part.say(`${part.name} died (${why.end}).${quote(why.lastLines)}`);
    const next = (part.policy ?? nextRestart)(state.deathsMs);
    if (next.kind === 'give-up') {
      kept.giveUp(`${part.name} died ${mostRestarts + 1} times in two minutes and is not started again.`);
      return;
    }
    await restart(part, { state, stopping, waitMs: next.waitMs });
  }
}

async function deathOf(
  child: Child | undefined,
): Promise<{ readonly end: string; readonly lastLines: readonly string[] }> {
  return child === undefined
    ? { end: 'it did not start', lastLines: [] }
    : { end: endOf(await child.ended), lastLines: child.lastLines() };
}

function endOf(end: string): string {
  return /^\d+$/u.test(end) ? `exit code ${end}` : end;
}

function quote(lines: readonly string[]): string {
  return lines.length === 0
    ? ' It logged nothing.'
    : ` Its last log lines:\n${lines
        .slice(-shownLines)
        .map((line) => `  │ ${line}`)
        .join('\n')}`;
}

async function restart(
  part: PartSettings,
  kept: { readonly state: State; readonly stopping: AbortSignal; readonly waitMs: number },
): Promise<void> {
  try {
    await delay(kept.waitMs, undefined, { signal: kept.stopping });
    kept.state.child = await part.start(kept.stopping);
    part.say(`${part.name} runs again.`);
  } catch (error) {
    if (!kept.stopping.aborted) {
      part.say(error instanceof Error ? error.message : String(error));
    }
  }
}
