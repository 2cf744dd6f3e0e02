import type { StartTurn } from '../../../shared/bucket/reservation.ts';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import type { PipelineDeps } from '../../../shared/pipeline/deps.ts';
import type { OutgoingMessage, ReceivedMessage } from '../../../shared/pools/job-queue.ts';
import { pipelineRig } from '../../fakes/pipeline-rig.ts';
import { scriptedModelClient } from '../../fakes/scripted-model-client.ts';
import { Gates } from './gates.ts';
import type { ScheduleStack } from './schedule-stack.ts';

/** One process whose calls to the outside wait at gates; what it calls is the embedded stack. */
export interface GatedProcess {
  readonly gates: Gates;
  readonly deps: PipelineDeps;
  /** The process is told to stop, and then that it is about to be ended. */
  readonly stop: () => void;
  readonly stopping: AbortSignal;
  /** Told that the lock of its message is lost. */
  readonly lockLost: AbortController;
  /** Ends the call of the model that is under way. */
  readonly answer: (verdict: CallVerdict) => void;
  /** Decides what becomes of the wait for a start. */
  readonly start: (turn: 'start' | 'too-late') => Promise<void>;
  /** From now on duplicate detection does not remember what is sent. */
  readonly forgetSent: () => void;
  readonly gated: (message: ReceivedMessage) => ReceivedMessage;
}

export interface ProcessSettings {
  readonly queue: string;
  /** Of the claims that it makes. */
  readonly owner: string;
  /** The time that it takes for now, in epoch ms. */
  readonly now: number;
  /** It looks at dead letters as it likes: a look is part of the step that judges them. */
  readonly isSweep?: boolean;
}

export function gatedProcess(stack: ScheduleStack, settings: ProcessSettings): GatedProcess {
  const gates = new Gates();
  const ending = new AbortController();
  const stopping = new AbortController();
  const lockLost = new AbortController();
  let answered = Promise.withResolvers<CallVerdict>();
  const client = scriptedModelClient(async () => answered.promise);
  const retries = { mostFailures: 20, longestMs: 86_400_000, mostThrottled: 1 };
  const base = pipelineRig({ settings: { parkMs: 0, retries } }).process();
  let isForgotten = false;
  const turns: ((kind: 'start' | 'too-late') => void)[] = [];
  const deps: PipelineDeps = {
    ...base,
    clock: { now: () => settings.now, sleep: async () => undefined },
    newId: () => settings.owner,
    pools: base.pools.map((pool) => ({ ...pool, queue: settings.queue, highQueue: settings.queue })),
    ending: ending.signal,
    payloads: stack.payloads,
    jobs: {
      ...stack.jobs,
      read: gates.through('jobs.read', stack.jobs.read),
      create: gates.through('jobs.write', stack.jobs.create),
      replace: gates.through('jobs.write', stack.jobs.replace),
    },
    queue: {
      ...stack.queue,
      send: async (queue, messages) => {
        // Tickets go to another queue; no pump runs here.
        if (queue === settings.queue) {
          await gates.through('queue.send', async () => stack.queue.send(queue, renamed(messages, isForgotten)))();
        }
      },
      peekDeadLetters: async (queue, page) =>
        queue === settings.queue && settings.isSweep === true
          ? stack.queue.peekDeadLetters(queue, page)
          : gates.through('letters.peek', stack.queue.peekDeadLetters)(queue, page),
      removeDeadLetters: gates.through('letters.remove', stack.queue.removeDeadLetters),
      backlog: async () => ({ countedAt: settings.now, messages: 0, costTokens: undefined }),
    },
    models: {
      prepare: async () => undefined,
      call: async (request, signal) => {
        answered = Promise.withResolvers();
        await gates.through('models.call', async () => undefined)();
        return client.call(request, signal);
      },
    },
    reserver: {
      ...base.reserver,
      isHealthy: () => true,
      outlook: () => ({ waitMs: 0, load: 0 }),
      now: () => settings.now,
      observe: () => undefined,
      awaitStart: async ({ bucketId, cost }, signal) => {
        const { promise, resolve } = Promise.withResolvers<StartTurn>();
        signal.addEventListener('abort', () => resolve({ kind: 'aborted' }), { once: true });
        const reservation = { bucketId, cost, startMs: settings.now, latestMs: Number.POSITIVE_INFINITY };
        turns.push((kind) => resolve(kind === 'start' ? { kind, reservation } : { kind }));
        gates.add({ name: 'start', args: [], pass: async () => undefined });
        return promise;
      },
    },
  };
  return {
    gates,
    deps,
    stop: () => {
      stopping.abort();
      ending.abort();
    },
    stopping: stopping.signal,
    lockLost,
    forgetSent: () => {
      isForgotten = true;
    },
    answer: (verdict) => answered.resolve(verdict),
    start: async (turn) => {
      await gates.next('start');
      turns.pop()?.(turn);
    },
    gated: (message) => ({
      ...message,
      lockLost: lockLost.signal,
      complete: gates.through('message.complete', message.complete),
      deadLetter: gates.through('message.deadLetter', message.deadLetter),
      abandon: gates.through('message.abandon', message.abandon),
    }),
  };
}

let renamedSoFar = 0;

/** Under another id the broker takes a message that it has taken before; how it ends tells the epoch. */
function renamed(messages: readonly OutgoingMessage[], isForgotten: boolean): readonly OutgoingMessage[] {
  if (!isForgotten) {
    return messages;
  }
  renamedSoFar += 1;
  return messages.map((message) => ({ ...message, messageId: `${renamedSoFar}-${message.messageId}` }));
}
