/**
 * One life of the thread that runs the app.
 *
 * States: starting → ready → over.
 * 1. Every invocation ends as a value: those that run when the thread is over have failed.
 * 2. It is over when it was ended, or ended by itself: an error that nothing caught, or `process.exit` in the app.
 */
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { AppWorkerSettings, FromApp, HostedApp, Invocation, InvocationOutcome, ToApp } from './app-messages.ts';
import { describeError } from './describe-error.ts';

export interface AppWorker {
  readonly app: HostedApp;
  /** Connections to the app's `streamPort`. */
  readonly agent: Agent;
  readonly invoke: (invocation: Invocation) => Promise<InvocationOutcome>;
  /** The request of a streamed invocation will not come. */
  readonly withdraw: (invocationId: string) => void;
  /** Runs the `appTerminate` hooks; ends also when the thread is over. */
  readonly terminate: () => Promise<void>;
  /** Ends the thread at once, whatever it does. What runs has failed for this reason. */
  readonly end: (reason: string) => Promise<void>;
  /** Lets the thread run its `exit` handlers, for a moment. */
  readonly exit: () => Promise<void>;
  /** Why it ended by itself; stays pending when it was ended. */
  readonly crashed: Promise<string>;
}

export interface AppWorkerStart extends AppWorkerSettings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
}

/** As measurements that are preloaded into a process tell the app's thread from the host's. */
const threadName = 'functions-app';
const exitMs = 1000;

/** @throws when the app cannot be served, with what its entry point threw. */
export async function openAppWorker(start: AppWorkerStart): Promise<AppWorker> {
  const workerData: AppWorkerSettings = { appRoot: start.appRoot };
  const thread = new Worker(new URL('app-worker.ts', import.meta.url), {
    name: threadName,
    workerData,
    env: { ...start.environment },
  });
  const ready = Promise.withResolvers<HostedApp>();
  const life: Life = {
    agent: new Agent({ keepAlive: true }),
    calls: new Map(),
    terminated: Promise.withResolvers<void>(),
    crashed: Promise.withResolvers<string>(),
    isOver: false,
  };
  thread.on('message', (message: FromApp) => hear(message, { ready, life, log: start.log }));
  let error: string | undefined;
  thread.on('error', (thrown: unknown) => {
    error = describeError(thrown);
  });
  const exited = new Promise<void>((resolve) => {
    thread.once('exit', (code) => {
      const why = error ?? `it ended with the code ${code}`;
      ready.reject(new Error(why));
      if (!life.isOver) {
        finish(life, `The app's worker ended: ${why}`);
        life.crashed.resolve(why);
      }
      resolve();
    });
  });
  try {
    return serve({ thread, life, exited, app: await ready.promise });
  } catch (cause) {
    finish(life, 'The app cannot be served.');
    await thread.terminate();
    throw cause;
  }
}

interface Life {
  readonly agent: Agent;
  /** What awaits the outcome of an invocation, by its id. */
  readonly calls: Map<string, (outcome: InvocationOutcome) => void>;
  readonly terminated: PromiseWithResolvers<void>;
  readonly crashed: PromiseWithResolvers<string>;
  isOver: boolean;
}

interface Hearing {
  readonly ready: PromiseWithResolvers<HostedApp>;
  readonly life: Life;
  readonly log: (line: string) => void;
}

function hear(message: FromApp, { ready, life, log }: Hearing): void {
  switch (message.kind) {
    case 'ready':
      ready.resolve(message.app);
      break;
    case 'unusable':
      ready.reject(new Error(message.reason));
      break;
    case 'log':
      log(message.line);
      break;
    case 'ended':
      life.calls.get(message.invocationId)?.(message.outcome);
      life.calls.delete(message.invocationId);
      break;
    case 'terminated':
      life.terminated.resolve();
      break;
  }
}

function finish(life: Life, reason: string): void {
  Object.assign(life, { isOver: true });
  for (const settle of life.calls.values()) {
    settle({ kind: 'failed', reason });
  }
  life.calls.clear();
  life.terminated.resolve();
  life.agent.destroy();
}

interface Serving {
  readonly thread: Worker;
  readonly life: Life;
  readonly exited: Promise<void>;
  readonly app: HostedApp;
}

function serve({ thread, life, exited, app }: Serving): AppWorker {
  const send = (message: ToApp): void => thread.postMessage(message, []);
  return {
    app,
    agent: life.agent,
    crashed: life.crashed.promise,
    invoke: async (invocation) =>
      new Promise((resolve) => {
        if (life.isOver) {
          resolve({ kind: 'failed', reason: "The app's worker has ended." });
          return;
        }
        life.calls.set(invocation.invocationId, resolve);
        send({ kind: 'invoke', invocation });
      }),
    withdraw: (invocationId) => send({ kind: 'withdraw', invocationId }),
    terminate: async () => {
      send({ kind: 'terminate' });
      await life.terminated.promise;
    },
    end: async (reason) => {
      finish(life, reason);
      await thread.terminate();
    },
    exit: async () => {
      finish(life, 'The host stops.');
      send({ kind: 'exit' });
      await Promise.race([exited, delay(exitMs, undefined, { ref: false })]);
      await thread.terminate();
    },
  };
}
