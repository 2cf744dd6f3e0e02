import { join } from 'node:path';
import type { BuiltApp } from '../app-under-test.ts';
import { driveRun } from './drive-run.ts';
import { judgeRun } from './judge-run.ts';
import type { PacingRun } from './plan-runs.ts';
import type { RunOutcome } from './run-outcome.ts';
import { type PacingSystem, startSystem } from './start-system.ts';

export interface JudgedRun {
  readonly run: PacingRun;
  readonly outcome: RunOutcome;
}

/** Starts the systems of all runs, and only then loads them, together. @throws what the first that failed threw */
export async function runGroup(
  runs: readonly PacingRun[],
  context: {
    readonly app: BuiltApp;
    readonly folder: string;
    readonly signal: AbortSignal;
    readonly tell: (line: string) => void;
  },
): Promise<readonly JudgedRun[]> {
  const { app, folder, signal, tell } = context;
  const systems: PacingSystem[] = [];
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const startAndKeep = async (run: PacingRun): Promise<PacingSystem> => {
    const system = await startSystem(run, { app, folder: join(folder, run.name), signal: either });
    systems.push(system);
    return system;
  };
  try {
    const started = await allOrFirstFailure(runs.map(startAndKeep), failed);
    const driven = runs.map(async (run, index) => {
      const system = started[index];
      if (system === undefined) {
        throw new Error(`The system of ${run.name} was not started.`);
      }
      const facts = await driveRun(run, system, { signal: either, tell: (line) => tell(`  ${run.name}: ${line}`) });
      return { run, outcome: judgeRun(run, facts) };
    });
    return await allOrFirstFailure(driven, failed);
  } finally {
    await Promise.allSettled(systems.map(async (system) => system.stop()));
  }
}

/** Waits for all of them; the first failure ends the others. */
async function allOrFirstFailure<Result>(
  work: readonly Promise<Result>[],
  failed: AbortController,
): Promise<readonly Result[]> {
  let first: { readonly error: unknown } | undefined;
  const guarded = work.map(async (one) =>
    one.catch((error: unknown) => {
      first ??= { error };
      failed.abort();
      throw error;
    }),
  );
  await Promise.allSettled(guarded);
  if (first !== undefined) {
    throw first.error;
  }
  return Promise.all(guarded);
}
