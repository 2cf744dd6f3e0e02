/**
 * Has the app's worker run invocations.
 *
 * 1. Every call ends as a value, `succeeded` or `failed`.
 * 2. When a call still runs at the function timeout, the worker is ended and a new one started: this call has failed, and
 *    so have all others that ran there.
 */
import { randomUUID } from 'node:crypto';
import type { Invocation, InvocationOutcome } from './app-messages.ts';
import type { KeptApp } from './keep-app-worker.ts';
import type { AppWorker } from './open-app-worker.ts';

export interface Invoker {
  /** @param accompany what goes on beside the call, such as the way of its request to the worker */
  readonly invoke: (
    invocation: Omit<Invocation, 'invocationId'>,
    accompany?: (worker: AppWorker, invocationId: string) => Promise<void>,
  ) => Promise<InvocationOutcome>;
  /** Ends when no call is running. */
  readonly idle: () => Promise<void>;
}

export interface InvokerSettings {
  readonly kept: KeptApp;
  readonly timeoutMs: number | undefined;
}

/** The longest that a timer of Node waits. */
const longestMs = 2 ** 31 - 1;

export function createInvoker({ kept, timeoutMs }: InvokerSettings): Invoker {
  const running = new Set<Promise<unknown>>();
  const invoke: Invoker['invoke'] = async (invocation, accompany) => {
    const worker = await kept.current();
    const invocationId = randomUUID();
    const late = (): void => {
      const { functionName } = invocation;
      const seconds = (timeoutMs ?? 0) / 1000;
      kept.replace(worker, `Function ${functionName} still ran at the functionTimeout of host.json, ${seconds} s.`);
    };
    const timeout = timeoutMs === undefined ? undefined : setTimeout(late, Math.min(timeoutMs, longestMs));
    const outcome = worker.invoke({ ...invocation, invocationId }).finally(() => clearTimeout(timeout));
    await Promise.all([outcome, accompany?.(worker, invocationId)]);
    return outcome;
  };
  return {
    invoke: async (invocation, accompany) => {
      const call = invoke(invocation, accompany);
      running.add(call);
      try {
        return await call;
      } catch (error) {
        return { kind: 'failed', reason: String(error) };
      } finally {
        running.delete(call);
      }
    },
    idle: async () => {
      while (running.size > 0) {
        await Promise.allSettled(running);
      }
    },
  };
}
