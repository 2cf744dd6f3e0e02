/**
 * Runs one function call the way the Node.js worker of Azure Functions does (Azure/azure-functions-nodejs-worker,
 * `InvocationHandler`): arguments → preInvocation hooks → handler → postInvocation hooks → response.
 *
 * 1. Every call ends as a value, `succeeded` or `failed`, and is logged when it failed.
 * 2. A call still running at the function timeout is reported once to `onTimeout`, which ends the process; nothing it
 *    holds is settled, so its messages come back when their locks expire, as when the host restarts its worker.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { FunctionsCore, RegisteredFunction } from './functions-core.ts';
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationModel,
  InvocationRequest,
  InvocationResponse,
  TypedData,
} from './worker-contract.ts';

interface Invocation {
  readonly registered: RegisteredFunction;
  readonly invocationId: string;
  /** The trigger's value by the name of its binding. */
  readonly input: { readonly name: string; readonly data: TypedData };
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  /** A new trace is begun when it is absent or malformed. */
  readonly trace?: CallerTrace;
  /** Turns what the handler did into what is answered; a failed call is answered only when this is given. */
  readonly shapeResult?: (outcome: HandlerOutcome) => unknown;
}

/** The caller's W3C trace context as it was received. */
export interface CallerTrace {
  readonly traceParent: string | undefined;
  readonly traceState: string | undefined;
}

export type HandlerOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown };

type InvocationOutcome =
  | { readonly kind: 'succeeded'; readonly response: InvocationResponse }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface Invoker {
  readonly invoke: (invocation: Invocation) => Promise<InvocationOutcome>;
  /** Ends when no call is running. */
  readonly idle: () => Promise<void>;
}

export interface InvokerSettings {
  readonly core: FunctionsCore;
  readonly timeoutMs: number | undefined;
  readonly onTimeout: (functionName: string) => void;
}

export function createInvoker({ core, timeoutMs, onTimeout }: InvokerSettings): Invoker {
  const running = new Set<Promise<InvocationOutcome>>();
  return {
    invoke: async (invocation) => {
      const { name } = invocation.registered.metadata;
      const timeout = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs, name);
      const call = run(core, invocation);
      running.add(call);
      try {
        return await call;
      } finally {
        clearTimeout(timeout);
        running.delete(call);
      }
    },
    idle: async () => {
      while (running.size > 0) {
        await Promise.all(running);
      }
    },
  };
}

export function newInvocationId(): string {
  return randomUUID();
}

async function run(core: FunctionsCore, invocation: Invocation): Promise<InvocationOutcome> {
  const { registered, shapeResult } = invocation;
  const functionName = registered.metadata.name;
  try {
    const call = openCall(core, invocation);
    const { context, inputs } = await call.model.getArguments();
    call.logContext.invocationContext = context;
    const outcome = await callHandler({ core, call, context, inputs, callback: registered.callback });
    if (outcome.kind === 'threw' && shapeResult !== undefined) {
      logFailure(core, functionName, outcome.error);
      await call.model.getResponse(context, shapeResult(outcome));
      return { kind: 'failed', error: outcome.error };
    }
    if (outcome.kind === 'threw') {
      throw outcome.error;
    }
    const result = shapeResult === undefined ? outcome.value : shapeResult(outcome);
    return { kind: 'succeeded', response: await call.model.getResponse(context, result) };
  } catch (error) {
    logFailure(core, functionName, error);
    return { kind: 'failed', error };
  }
}

interface Call {
  readonly model: InvocationModel;
  readonly coreContext: CoreInvocationContext;
  readonly logContext: { invocationContext?: unknown };
}

function openCall(core: FunctionsCore, invocation: Invocation): Call {
  const { registered, invocationId, input, triggerMetadata, trace } = invocation;
  const functionName = registered.metadata.name;
  const model = core.model();
  if (model === undefined) {
    throw new Error('The app set no programming model: it never called "app" of @azure/functions.');
  }
  const request: InvocationRequest = {
    invocationId,
    functionId: functionName,
    inputData: [input],
    triggerMetadata,
    traceContext: {
      traceParent: validTraceParent(trace?.traceParent) ?? newTraceParent(),
      ...(trace?.traceState === undefined ? {} : { traceState: trace.traceState }),
    },
  };
  const logContext: Call['logContext'] = {};
  const coreContext: CoreInvocationContext = {
    invocationId,
    request,
    metadata: registered.metadata,
    log: (level, category, message) => {
      core.log({ level, category, message, functionName, invocationContext: logContext.invocationContext });
    },
  };
  return { model: model.getInvocationModel(coreContext), coreContext, logContext };
}

interface HandlerCall {
  readonly core: FunctionsCore;
  readonly call: Call;
  readonly context: unknown;
  readonly inputs: unknown[];
  readonly callback: FunctionCallback;
}

/** Hooks may replace the inputs, the handler, the result and the error. */
async function callHandler(handlerCall: HandlerCall): Promise<HandlerOutcome> {
  const { core, call, context, inputs, callback } = handlerCall;
  const shared = { hookData: {}, appHookData: core.appHookData, invocationContext: context };
  const before = { ...shared, inputs, functionCallback: callback };
  call.coreContext.state = 'preInvocationHooks';
  await core.runHooks('preInvocation', before);
  const after: typeof shared & { inputs: unknown[]; result?: unknown; error?: unknown } = {
    ...shared,
    inputs: before.inputs,
  };
  call.coreContext.state = 'invocation';
  try {
    after.result = await call.model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error ?? new Error('The handler threw nothing.');
  }
  call.coreContext.state = 'postInvocationHooks';
  await core.runHooks('postInvocation', after);
  return after.error === undefined || after.error === null
    ? { kind: 'returned', value: after.result }
    : { kind: 'threw', error: after.error };
}

function logFailure(core: FunctionsCore, functionName: string, error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  core.log({ level: 'error', category: 'system', message, functionName });
}

/** W3C Trace Context, version 00. */
function validTraceParent(text: string | undefined): string | undefined {
  return text !== undefined && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/u.test(text)
    ? text
    : undefined;
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
