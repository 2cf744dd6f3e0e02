import { globSync } from 'node:fs';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import type { SuiteRun } from './read-options.ts';

export interface Fact {
  readonly name: string;
  readonly file: string;
  readonly result:
    | { readonly kind: 'passed' }
    | { readonly kind: 'failed'; readonly error: string }
    | { readonly kind: 'skipped'; readonly reason: string };
}

export interface SuiteReport {
  readonly title: string;
  /** The host of an account; absent for the embedded part. */
  readonly endpoint?: string;
  readonly facts: readonly Fact[];
  readonly seconds: number;
}

export interface SuiteRunSettings {
  readonly root: string;
  readonly only?: RegExp;
  readonly onFact: (fact: Fact) => void;
}

/** Runs the files of a suite, each in a process of its own; against an account one after the other. */
export async function runSuite(
  { suite, connectionString }: SuiteRun,
  { root, only, onFact }: SuiteRunSettings,
): Promise<readonly Fact[]> {
  const files = globSync(suite.pattern, { cwd: root })
    .toSorted()
    .map((file) => `${root}${file}`);
  if (files.length === 0) {
    throw new Error(`The suite ${suite.name} has no files: ${suite.pattern} finds none.`);
  }
  const { variable } = suite.account ?? {};
  const account = variable === undefined ? {} : { [variable]: connectionString ?? '' };
  const facts: Fact[] = [];
  const events: AsyncIterable<TestEvent> = run({
    files,
    concurrency: connectionString === undefined ? 2 : 1,
    env: { ...process.env, ...account },
    ...(only === undefined ? {} : { testNamePatterns: [only] }),
  });
  const add = (fact: Fact): void => {
    facts.push(fact);
    onFact(fact);
  };
  for await (const event of events) {
    if (event.type === 'test:pass' && event.data.details.type !== 'suite' && !files.includes(event.data.name)) {
      const { data } = event;
      const isSkipped = data.skip !== undefined && data.skip !== false;
      const reason = typeof data.skip === 'string' ? data.skip : '';
      add({ ...placeOf(data, root), result: isSkipped ? { kind: 'skipped', reason } : { kind: 'passed' } });
    } else if (event.type === 'test:fail' && event.data.details.type !== 'suite') {
      add({ ...placeOf(event.data, root), result: { kind: 'failed', error: causeOf(event.data.details.error) } });
    }
  }
  return facts;
}

function placeOf(
  data: { readonly name: string; readonly file?: string | undefined },
  root: string,
): Omit<Fact, 'result'> {
  return { name: data.name, file: (data.file ?? '').replace(root, '') };
}

function causeOf({ cause, message }: Error): string {
  return cause instanceof Error ? cause.message : message;
}
