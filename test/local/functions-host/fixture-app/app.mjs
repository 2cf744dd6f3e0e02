/**
 * An app that shows what reached it. FIXTURE_MODE chooses what it registers: `stream` (HTTP streams on), `timers`,
 * `queue`, or how it fails: `throw`, `empty`, `unknown-trigger`.
 */
import { app, HttpResponse, output } from '@azure/functions';
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

const mode = process.env.FIXTURE_MODE ?? 'buffered';

/** Appends one JSON line to the file that FIXTURE_EVENTS names. */
function record(event) {
  if (process.env.FIXTURE_EVENTS !== undefined) {
    appendFileSync(process.env.FIXTURE_EVENTS, `${JSON.stringify({ pid: process.pid, ...event })}\n`);
  }
}

if (mode === 'throw') {
  throw new Error('The fixture app was told to throw.');
}

app.hook.appStart(() => {
  record({ event: 'appStart' });
});
app.hook.appTerminate(async () => {
  record({ event: 'appTerminate' });
});

function echo(request, context, body) {
  return {
    method: request.method,
    url: request.url,
    params: request.params,
    query: Object.fromEntries(request.query),
    header: request.headers.get('x-test'),
    traceParent: context.traceContext?.traceParent,
    function: context.functionName,
    body,
  };
}

function registerHttp() {
  if (mode === 'stream') {
    app.setup({ enableHttpStream: true });
  }
  const http = (name, options) => app.http(name, { methods: ['GET'], ...options });

  http('echo', {
    methods: ['GET', 'POST', 'PUT'],
    handler: async (request, context) => {
      const bytes = Buffer.from(await request.arrayBuffer());
      context.log('echoing', bytes.length);
      return { jsonBody: echo(request, context, bytes.toString('base64')), headers: { 'x-answer': 'yes' } };
    },
  });
  const named = async (request, context) => ({ jsonBody: echo(request, context) });
  http('job', { route: 'jobs/{id}', handler: named });
  http('job-stats', { route: 'jobs/stats', handler: named });
  http('job-number', { route: 'jobs/{number:int:min(1)}', handler: named });
  http('page', { route: 'pages/{page?}', handler: named });
  http('files', { route: 'files/{*path}', handler: named });
  http('locked', { authLevel: 'function', handler: named });
  http('admin-only', { authLevel: 'admin', handler: named });
  http('boom', {
    handler: () => {
      throw new Error('The handler was told to throw: do not show this to a client.');
    },
  });
  http('nothing', { handler: () => undefined });
  http('not-an-object', { handler: () => 'text' });
  http('cookie', {
    handler: () => ({
      status: 201,
      body: 'with cookies',
      cookies: [
        { name: 'a', value: '1 2', path: '/', httpOnly: true, secure: true, sameSite: 'Lax', maxAge: 60 },
        { name: 'b', value: '2', expires: new Date(1_000_000) },
      ],
    }),
  });
  http('response-object', {
    handler: () => new HttpResponse({ status: 202, headers: { 'x-answer': 'object' }, body: 'from an object' }),
  });
  http('count', {
    methods: ['POST'],
    handler: async (request) => {
      record({ event: 'counting' });
      let bytes = 0;
      let chunks = 0;
      let largest = 0;
      for await (const chunk of request.body ?? []) {
        bytes += chunk.length;
        chunks += 1;
        largest = Math.max(largest, chunk.length);
      }
      return { jsonBody: { bytes, chunks, largest } };
    },
  });
  http('ping-pong', {
    methods: ['POST'],
    handler: (request) => ({
      body: (async function* () {
        for await (const chunk of request.body) {
          yield `pong:${Buffer.from(chunk).toString()}`;
        }
      })(),
    }),
  });
  http('endless', {
    handler: (request) => {
      let produced = 0;
      const chunk = Buffer.alloc(64 * 1024);
      const idle = request.query.get('idle') === 'yes';
      return {
        headers: { 'content-type': 'application/octet-stream' },
        body: new ReadableStream({
          pull(controller) {
            if (idle && produced > 0) {
              return new Promise(() => {});
            }
            produced += chunk.length;
            controller.enqueue(chunk);
            return delay(0);
          },
          cancel() {
            record({ event: 'cancelled', produced });
          },
        }),
      };
    },
  });
  http('breaks-off', {
    handler: () => ({
      body: (async function* () {
        yield 'the first part';
        throw new Error('The body was told to break off.');
      })(),
    }),
  });
  http('worker', { handler: () => ({ jsonBody: { threadId } }) });
  http('spins', {
    handler: () => {
      record({ event: 'spinning' });
      for (;;) {
        // Nothing else of this thread ever runs again.
      }
    },
  });
  http('crashes', {
    handler: () => {
      setImmediate(() => {
        throw new Error('The app was told to crash.');
      });
      return new Promise(() => {});
    },
  });
  http('waits', {
    handler: async (request) => {
      record({ event: 'waiting' });
      await delay(Number(request.query.get('ms')));
      record({ event: 'waited' });
      return { body: 'done' };
    },
  });
}

function registerTimers() {
  app.timer('tick', {
    schedule: process.env.FIXTURE_SCHEDULE ?? '* * * * * *',
    runOnStartup: process.env.FIXTURE_RUN_ON_STARTUP === 'yes',
    ...(process.env.FIXTURE_MONITOR === undefined ? {} : { useMonitor: process.env.FIXTURE_MONITOR === 'yes' }),
    handler: (timer, context) => {
      record({ event: 'tick', timer, invocationId: context.invocationId });
    },
  });
}

function registerQueue() {
  let running = 0;
  const pair = { arrived: 0, together: Promise.withResolvers() };
  app.serviceBusQueue('work', {
    connection: 'ServiceBus',
    queueName: '%QueueName%',
    isSessionsEnabled: process.env.FIXTURE_SESSIONS === 'yes',
    ...(process.env.FIXTURE_AUTO_COMPLETE === 'no' ? { autoCompleteMessages: false } : {}),
    handler: async (message, context) => {
      running += 1;
      record({
        event: 'message',
        message,
        running,
        metadata: context.triggerMetadata,
        trace: context.traceContext?.traceParent,
      });
      try {
        const {
          waitMs = 0,
          fail = 0,
          hang = 0,
          inPair = false,
        } = typeof message === 'object' && message !== null ? message : {};
        await delay(waitMs);
        if (inPair) {
          // Two calls end in the same instant.
          pair.arrived += 1;
          if (pair.arrived === 2) {
            pair.together.resolve();
          }
          await pair.together.promise;
        }
        if (context.triggerMetadata.deliveryCount <= hang) {
          await new Promise(() => {});
        }
        if (context.triggerMetadata.deliveryCount <= fail) {
          throw new Error('The message was told to fail.');
        }
        record({ event: 'handled', messageId: context.triggerMetadata.messageId });
      } finally {
        running -= 1;
      }
    },
  });
}

function registerBatches() {
  app.serviceBusQueue('work', {
    connection: 'ServiceBus',
    queueName: '%QueueName%',
    cardinality: 'many',
    isSessionsEnabled: process.env.FIXTURE_SESSIONS === 'yes',
    handler: async (messages, context) => {
      record({ event: 'batch', messages, metadata: context.triggerMetadata });
      const { deliveryCountArray } = context.triggerMetadata;
      if (messages.some((message, index) => deliveryCountArray[index] <= (message.fail ?? 0))) {
        throw new Error('The batch was told to fail.');
      }
      record({ event: 'handled', count: messages.length });
    },
  });
}

if (mode === 'buffered' || mode === 'stream') {
  app.hook.preInvocation((context) => {
    if (context.inputs[0]?.headers?.get('x-hook') === 'replace') {
      context.functionHandler = () => ({ jsonBody: { replaced: true } });
    }
  });
  app.hook.postInvocation((context) => {
    if (context.invocationContext.functionName === 'response-object' && context.error === undefined) {
      record({ event: 'postInvocation' });
    }
  });
  registerHttp();
} else if (mode === 'timers') {
  registerTimers();
} else if (mode === 'queue') {
  registerQueue();
} else if (mode === 'batches') {
  registerBatches();
} else if (mode === 'unknown-trigger') {
  app.storageQueue('queue', { queueName: 'items', connection: 'AzureWebJobsStorage', handler: () => {} });
} else if (mode === 'unknown-output') {
  app.http('out', {
    extraOutputs: [output.storageQueue({ queueName: 'items', connection: 'AzureWebJobsStorage' })],
    handler: () => ({}),
  });
}
