/**
 * Keeps a thread with the app running, as the real host keeps its language worker (Azure/azure-functions-host,
 * `RpcFunctionInvocationDispatcher`).
 *
 * States: starting → serving → (replaced → serving)* → stopped, or given up.
 * 1. An invocation that comes while there is no thread waits for the next one.
 * 2. A thread is replaced for a call over the function timeout however often it happens; of threads that crashed, or
 *    failed to start again, the third in half an hour is not replaced, and the host gives up.
 */
import type { HostedApp } from './app-messages.ts';
import { openAppWorker, type AppWorker, type AppWorkerStart } from './open-app-worker.ts';
import { describeError } from './describe-error.ts';

export interface KeptApp {
  /** As it was first loaded. */
  readonly app: HostedApp;
  readonly current: () => Promise<AppWorker>;
  /** Ends this thread, unless it was replaced already, and starts another. */
  readonly replace: (worker: AppWorker, reason: string) => void;
  /** No thread is started from now on. */
  readonly stop: () => Promise<void>;
}

export interface KeptAppSettings extends AppWorkerStart {
  /** The app crashed too often. */
  readonly onGivenUp: (reason: string) => void;
}

/** The worker counts of the real host: three errors a worker within `WorkerRestartErrorIntervalThresholdInMinutes`. */
const mostCrashes = 3;
const countedMs = 30 * 60_000;

/** @throws when the app cannot be served at the first start. */
export async function keepAppWorker(settings: KeptAppSettings): Promise<KeptApp> {
  const { log } = settings;
  const first = await openAppWorker(settings);
  let crashesMs: readonly number[] = [];
  let isStopping = false;
  let current: Promise<AppWorker> = Promise.resolve(first);
  let serving: AppWorker | undefined = first;
  const mayGoOn = (): boolean => {
    const nowMs = Date.now();
    crashesMs = [...crashesMs.filter((at) => nowMs - at < countedMs), nowMs];
    return crashesMs.length < mostCrashes;
  };
  const open = async (): Promise<AppWorker> => {
    for (;;) {
      try {
        const worker = await openAppWorker(settings);
        watch(worker);
        serving = worker;
        log('[information] host: a new worker serves the app.');
        return worker;
      } catch (error) {
        const reason = `The app could not be loaded again: ${describeError(error)}`;
        log(`[error] host: ${reason}`);
        if (!mayGoOn()) {
          settings.onGivenUp(reason);
          throw error;
        }
      }
    }
  };
  const start = (): void => {
    serving = undefined;
    current = open();
    // Whoever waits for it learns of a failure; so does `onGivenUp`.
    current.catch(() => undefined);
  };
  const watch = (worker: AppWorker): void => {
    void worker.crashed.then((why) => {
      if (isStopping) {
        return;
      }
      log(`[error] host: the app's worker crashed: ${why}`);
      if (mayGoOn()) {
        start();
      } else {
        settings.onGivenUp(`The app's worker crashed ${mostCrashes} times in half an hour.`);
      }
    });
  };
  watch(first);
  return {
    app: first.app,
    current: async () => current,
    replace: (worker, reason) => {
      if (worker === serving && !isStopping) {
        log(`[warning] host: ${reason} The worker is ended and another one started.`);
        void worker.end(reason);
        start();
      }
    },
    stop: async () => {
      isStopping = true;
      await (await current.catch(() => undefined))?.exit();
    },
  };
}
