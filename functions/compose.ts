import type { Config } from '../shared/config/read-config.ts';
import type { PipelineDeps } from '../shared/pipeline/deps.ts';

/** The app: its use cases' dependencies, and its end. */
export interface App {
  readonly deps: PipelineDeps;
  readonly config: Config;
  /** Aborted when the process is told to stop. */
  readonly stopping: AbortSignal;
  /** Stops pulling at once, waits for `work` as long as the platform's grace allows, and closes the connections. */
  readonly stop: (work: Promise<unknown>) => Promise<void>;
}

let app: Promise<App> | undefined;

/**
 * Builds the app on first use, once; a failure is told to the caller and tried again with the next call.
 *
 * @throws AppError `config.invalid`
 */
export async function compose(): Promise<App> {
  app ??= build().catch((error: unknown) => {
    app = undefined;
    throw error;
  });
  return app;
}

/** The app if it has been built: what has nothing to stop must not be built to be stopped. */
export async function composed(): Promise<App | undefined> {
  return app;
}

async function build(): Promise<App> {
  const { composeApp } = await import('./compose-app.ts');
  return composeApp((line) => console.warn(line));
}
