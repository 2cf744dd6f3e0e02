/**
 * The thread that runs the app, in the place of the language worker of the real host: it drives the real
 * `@azure/functions` 4.x programming model. Started by `open-app-worker.ts`; what they say to each other is in
 * `app-messages.ts`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import type { FromApp, Invocation, InvocationOutcome, ToApp } from './app-messages.ts';
import { describeError } from './describe-error.ts';
import { provideFunctionsCore, type FunctionsCore } from './functions-core.ts';
import { loadApp } from './load-app.ts';
import { openStreamServer, type StreamServer } from '../http/open-stream-server.ts';
import { runInvocation } from './run-invocation.ts';
import { openStreamedCalls } from './run-streamed.ts';

if (parentPort === null) {
  throw new Error('app-worker.ts runs as a thread of the Functions host, see open-app-worker.ts.');
}
const host = parentPort;
const { appRoot } = z.object({ appRoot: z.string() }).parse(workerData);

function tell(message: FromApp): void {
  host.postMessage(message, []);
}

try {
  const core = provideFunctionsCore((line) => tell({ kind: 'log', line }));
  const { name } = await loadApp(core, appRoot);
  const model = core.model();
  if (model === undefined) {
    throw new Error('The app set no programming model: it never called "app" of @azure/functions.');
  }
  const stream = await openStreamServer(model);
  answerHost(core, stream);
  const functions = [...core.functions.values()].map(({ metadata }) => metadata);
  tell({ kind: 'ready', app: { name, functions, ...(stream === undefined ? {} : { streamPort: stream.port }) } });
} catch (error) {
  tell({ kind: 'unusable', reason: describeError(error) });
}

function answerHost(core: FunctionsCore, stream: StreamServer | undefined): void {
  const streamed = stream === undefined ? undefined : openStreamedCalls(core, stream.server);
  const run = async (invocation: Invocation): Promise<InvocationOutcome> =>
    invocation.isStreamed === true && streamed !== undefined
      ? streamed.run(invocation)
      : runInvocation({ core, invocation });
  host.on('message', (message: ToApp) => {
    switch (message.kind) {
      case 'invoke':
        void invoke(message.invocation);
        break;
      case 'withdraw':
        streamed?.withdraw(message.invocationId);
        break;
      case 'terminate':
        void terminate();
        break;
      case 'exit':
        process.exit(0);
    }
  });
  const invoke = async (invocation: Invocation): Promise<void> => {
    const { invocationId } = invocation;
    try {
      tell({ kind: 'ended', invocationId, outcome: await run(invocation) });
    } catch (error) {
      // A result that cannot leave the thread.
      tell({ kind: 'ended', invocationId, outcome: { kind: 'failed', reason: describeError(error) } });
    }
  };
  const terminate = async (): Promise<void> => {
    try {
      await core.runHooks('appTerminate', { hookData: core.appHookData });
    } catch (error) {
      core.log({ level: 'error', category: 'system', message: `An appTerminate hook: ${describeError(error)}` });
    }
    tell({ kind: 'terminated' });
  };
}
