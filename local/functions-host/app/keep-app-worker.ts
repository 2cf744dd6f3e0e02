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
  const first = await openAppWorker(settings);
  const keeper = new Keeper(settings, first);
  return {
    app: first.app,
    current: async () => keeper.current,
    replace: (worker, reason) => keeper.replace(worker, reason),
    stop: async () => keeper.stop(),
  };
}

class Keeper {
  current: Promise<AppWorker>;
  private readonly settings: KeptAppSettings;
  /** Undefined while none serves. */
  private serving: AppWorker | undefined;
  private crashesMs: readonly number[] = [];
  private isStopping = false;

  constructor(settings: KeptAppSettings, first: AppWorker) {
    this.settings = settings;
    this.current = Promise.resolve(first);
    this.serve(first);
  }

  replace(worker: AppWorker, reason: string): void {
    if (worker === this.serving && !this.isStopping) {
      this.settings.log(`[warning] host: ${reason} The worker is ended and another one started.`);
      void worker.end(reason);
      this.start();
    }
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const worker = await this.current.catch(() => undefined);
    await worker?.exit();
  }

  private serve(worker: AppWorker): void {
    this.serving = worker;
    void worker.crashed.then((why) => {
      if (this.isStopping) {
        return;
      }
      this.settings.log(`[error] host: the app's worker crashed: ${why}`);
      if (this.mayGoOn()) {
        this.start();
      } else {
        this.settings.onGivenUp(`The app's worker crashed ${mostCrashes} times in half an hour.`);
      }
    });
  }

  private start(): void {
    this.serving = undefined;
    this.current = this.open();
    // Whoever waits for it learns of a failure; so does `onGivenUp`.
    this.current.catch(() => undefined);
  }

  private async open(): Promise<AppWorker> {
    const { log, onGivenUp } = this.settings;
    for (;;) {
      try {
        const worker = await openAppWorker(this.settings);
        this.serve(worker);
        log('[information] host: a new worker serves the app.');
        return worker;
      } catch (error) {
        const reason = `The app could not be loaded again: ${describeError(error)}`;
        log(`[error] host: ${reason}`);
        if (!this.mayGoOn()) {
          onGivenUp(reason);
          throw error;
        }
      }
    }
  }

  /** Counts a crash. */
  private mayGoOn(): boolean {
    const nowMs = Date.now();
    this.crashesMs = [...this.crashesMs.filter((at) => nowMs - at < countedMs), nowMs];
    return this.crashesMs.length < mostCrashes;
  }
}
