/**
 * Pulls messages of one queue with peek-lock and calls the app's function for each, or for batches of them.
 *
 * 1. At most `maxConcurrentCalls` calls run at once, also while a new link overlaps calls that a lost one began. Batches
 *    run one at a time; of a queue with sessions at most `maxConcurrentSessions` are in hand, each with one message.
 * 2. A call that ended well completes its messages (unless `autoCompleteMessages` is off); one that failed abandons them,
 *    so that they are redelivered at once. Settlement comes before the next message is asked for.
 * 3. Locks are renewed up to `maxAutoLockRenewalDuration`, as long as the call runs; those of a batch are not.
 * 4. A lost connection is opened again for as long as the host runs, by a client of its own: one of the SDK that has lost
 *    its connection may do nothing for a minute. A message whose settlement was cut off comes back when its lock expires.
 * 5. Settlements pass one at a time: of two different ones in the same tick, rhea 3.0.5 (`write_dispositions`) gives the
 *    second the outcome of the first, and a failed message would be completed.
 */
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { askMessages } from '../app/ask-messages.ts';
import type { Invoker } from '../app/create-invoker.ts';
import { createGate, type Gate } from '../app/create-gate.ts';
import type { QueueBinding } from '../app/read-bindings.ts';
import type { ServiceBusSettings } from '../settings/read-host-settings.ts';
import { inTime } from '../in-time.ts';
import { describeFaults, type FaultReport } from './describe-faults.ts';
import { keepLink } from './queue-link.ts';
import { renewLock } from './renew-lock.ts';
import { batchMetadata, messageText, messageTrace, triggerMetadata } from './service-bus-message.ts';

export interface QueueFunction {
  readonly name: string;
  readonly binding: QueueBinding;
  readonly queueName: string;
  /** Opens a client. */
  readonly connect: () => ServiceBusClient;
}

export interface ServiceBusTriggerSettings {
  readonly settings: ServiceBusSettings;
  readonly invoker: Invoker;
  readonly log: (line: string) => void;
}

export interface ServiceBusTrigger {
  /** Asks for no further message; what was delivered and not begun is given back. Settlement stays possible. */
  readonly stopPulling: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export function startServiceBusTrigger(
  target: QueueFunction,
  { settings, invoker, log }: ServiceBusTriggerSettings,
): ServiceBusTrigger {
  const { name, binding, queueName } = target;
  const report = describeFaults(`function ${name}: queue "${queueName}"`, log);
  const complete = binding.autoCompleteMessages ?? settings.autoCompleteMessages;
  const call = { name, binding, invoker, complete, settling: createGate(1), report };
  const pulling =
    binding.cardinality === 'many' || binding.isSessionsEnabled
      ? askQueue(target, settings, call)
      : subscribeToQueue(target, settings, call);
  return {
    stopPulling: pulling.stopPulling,
    close: async () => {
      // Behind the settlements that wait for their turn.
      await call.settling.enter();
      call.settling.leave();
      await pulling.close();
    },
  };
}

function subscribeToQueue(target: QueueFunction, settings: ServiceBusSettings, call: QueueCall): ServiceBusTrigger {
  const { maxConcurrentCalls, maxAutoLockRenewalMs } = settings;
  const { fault, recovered } = call.report;
  const gate = createGate(maxConcurrentCalls);
  let stopping = false;
  const handle = async (receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage): Promise<void> => {
    const release = renewLock({ receiver, message, maxMs: maxAutoLockRenewalMs, fault });
    await gate.enter();
    try {
      recovered();
      await (stopping ? settle({ ...call, receiver }, message, 'abandon') : callFunction(call, receiver, [message]));
    } finally {
      release();
      gate.leave();
    }
  };
  const link = keepLink({ ...target, maxConcurrentCalls, handle, fault });
  return {
    stopPulling: async () => {
      stopping = true;
      await link.stopPulling();
    },
    close: link.close,
  };
}

function askQueue(target: QueueFunction, settings: ServiceBusSettings, call: QueueCall): ServiceBusTrigger {
  const { cardinality, isSessionsEnabled } = target.binding;
  const sessions = { idleMs: settings.sessionIdleMs, maxLockRenewalMs: settings.maxAutoLockRenewalMs };
  const asked = askMessages({
    ...target,
    loops: cardinality === 'many' ? 1 : settings.maxConcurrentSessions,
    maxMessages: cardinality === 'many' ? settings.maxMessageBatchSize : 1,
    ...(isSessionsEnabled ? { sessions } : {}),
    handle: async (receiver, messages) => {
      call.report.recovered();
      await callFunction(call, receiver, messages);
    },
    fault: call.report.fault,
  });
  return { stopPulling: async () => asked.stopPulling(), close: asked.close };
}

interface QueueCall {
  readonly name: string;
  readonly binding: QueueBinding;
  readonly invoker: Invoker;
  readonly complete: boolean;
  readonly settling: Gate;
  readonly report: FaultReport;
}

async function callFunction(
  call: QueueCall,
  receiver: ServiceBusReceiver,
  messages: readonly ServiceBusReceivedMessage[],
): Promise<void> {
  const outcome = await call.invoker.invoke({ functionName: call.name, ...inputOf(call.binding, messages) });
  for (const message of messages) {
    if (outcome.kind === 'failed') {
      await settle({ ...call, receiver }, message, 'abandon');
    } else if (call.complete) {
      await settle({ ...call, receiver }, message, 'complete');
    }
  }
}

function inputOf({ name, cardinality }: QueueBinding, messages: readonly ServiceBusReceivedMessage[]) {
  const [first] = messages;
  if (cardinality === 'one' && first !== undefined) {
    const input = { name, data: { string: messageText(first) } };
    return { input, triggerMetadata: triggerMetadata(first), trace: messageTrace(first) };
  }
  const data = { collectionString: { string: messages.map(messageText) } };
  return { input: { name, data }, triggerMetadata: batchMetadata(messages) };
}

/** The SDK may not answer at all once its connection is gone. */
const settleMs = 10_000;

/** A settlement that fails is logged and no more: the lock is gone or will be, and the message comes back. */
async function settle(
  { receiver, settling, report }: QueueCall & { readonly receiver: ServiceBusReceiver },
  message: ServiceBusReceivedMessage,
  settlement: 'complete' | 'abandon',
): Promise<void> {
  await settling.enter();
  try {
    const settled = settlement === 'complete' ? receiver.completeMessage(message) : receiver.abandonMessage(message);
    await inTime(settled, settleMs);
  } catch (error) {
    report.fault(`${settlement} of message ${String(message.messageId)}`, error);
  } finally {
    settling.leave();
  }
}
