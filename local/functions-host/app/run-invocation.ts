/**
 * Runs one function call the way the Node.js worker of Azure Functions does (Azure/azure-functions-nodejs-worker,
 * `InvocationHandler`): arguments → preInvocation hooks → handler → postInvocation hooks → response. Every call ends as
 * a value, `succeeded` or `failed`, and is logged when it failed.
 */
import { randomBytes } from 'node:crypto';
import type { Invocation, InvocationOutcome } from './app-messages.ts';
import type { FunctionsCore } from './functions-core.ts';
import type { CoreInvocationContext, FunctionCallback, InvocationModel, InvocationRequest } from './worker-contract.ts';

export type HandlerOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown };

export interface InvocationRun {
  readonly core: FunctionsCore;
  readonly invocation: Invocation;
  /** Turns what the handler did into what is answered; a failed call is answered only when this is given. */
  readonly shapeResult?: (outcome: HandlerOutcome) => unknown;
}

export async function runInvocation({ core, invocation, shapeResult }: InvocationRun): Promise<InvocationOutcome> {
  const { functionName } = invocation;
  const fail = (error: unknown): InvocationOutcome => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    core.log({ level: 'error', category: 'system', message, functionName });
    return { kind: 'failed', reason: message };
  };
  try {
    const call = openCall(core, invocation);
    const { context, inputs } = await call.model.getArguments();
    call.logContext.invocationContext = context;
    const outcome = await callHandler({ core, call, context, inputs });
    if (outcome.kind === 'threw') {
      const failed = fail(outcome.error);
      if (shapeResult !== undefined) {
        await call.model.getResponse(context, shapeResult(outcome));
      }
      return failed;
    }
    const result = shapeResult === undefined ? outcome.value : shapeResult(outcome);
    const { returnValue } = await call.model.getResponse(context, result);
    return call.isHttp ? { kind: 'succeeded', returnValue } : { kind: 'succeeded' };
  } catch (error) {
    return fail(error);
  }
}

interface Call {
  readonly model: InvocationModel;
  readonly coreContext: CoreInvocationContext;
  readonly logContext: { invocationContext?: unknown };
  readonly callback: FunctionCallback;
  /** It has a response. */
  readonly isHttp: boolean;
}

function openCall(core: FunctionsCore, invocation: Invocation): Call {
  const { functionName, invocationId, input, triggerMetadata, trace } = invocation;
  const model = core.model();
  const registered = core.functions.get(functionName);
  if (model === undefined || registered === undefined) {
    throw new Error(`The app has registered no function "${functionName}".`);
  }
  const { metadata, callback } = registered;
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
    metadata,
    log: (level, category, message) => {
      core.log({ level, category, message, functionName, invocationContext: logContext.invocationContext });
    },
  };
  const isHttp = Object.hasOwn(metadata.bindings, '$return');
  return { model: model.getInvocationModel(coreContext), coreContext, logContext, callback, isHttp };
}

interface HandlerCall {
  readonly core: FunctionsCore;
  readonly call: Call;
  readonly context: unknown;
  readonly inputs: unknown[];
}

/** Hooks may replace the inputs, the handler, the result and the error. */
async function callHandler(handlerCall: HandlerCall): Promise<HandlerOutcome> {
  const { core, call, context, inputs } = handlerCall;
  const shared = { hookData: {}, appHookData: core.appHookData, invocationContext: context };
  const before = { ...shared, inputs, functionCallback: call.callback };
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

/** W3C Trace Context, version 00. */
function validTraceParent(text: string | undefined): string | undefined {
  return text !== undefined && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/u.test(text)
    ? text
    : undefined;
}

function newTraceParent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
