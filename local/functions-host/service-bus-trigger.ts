/**
 * Pulls messages of one queue with peek-lock and calls the app's function for each.
 *
 * 1. At most `maxConcurrentCalls` calls run at once, also while a new link overlaps calls that a lost one began.
 * 2. A call that ended well completes its message (unless `autoCompleteMessages` is off); one that failed abandons it,
 *    so that it is redelivered at once. Settlement comes before the next message is asked for.
 * 3. Locks are renewed up to `maxAutoLockRenewalDuration`, as long as the call runs.
 * 4. A lost connection is opened again for as long as the host runs, by a client of its own: one of the SDK that has lost
 *    its connection may do nothing for a minute. A message whose settlement was cut off comes back when its lock expires.
 * 5. Settlements pass one at a time: of two different ones in the same tick, rhea 3.0.5 (`write_dispositions`) gives the
 *    second the outcome of the first, and a failed message would be completed.
 */
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Invoker } from './create-invoker.ts';
import { createGate, type Gate } from './create-gate.ts';
import type { QueueBinding } from './read-bindings.ts';
import type { ServiceBusSettings } from './read-host-settings.ts';
import { keepLink } from './queue-link.ts';
import { renewLock } from './renew-lock.ts';
import { messageText, messageTrace, triggerMetadata } from './service-bus-message.ts';

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
  { name, binding, queueName, connect }: QueueFunction,
  { settings, invoker, log }: ServiceBusTriggerSettings,
): ServiceBusTrigger {
  const gate = createGate(settings.maxConcurrentCalls);
  const report = describeOnce(`function ${name}: queue "${queueName}"`, log);
  const complete = binding.autoCompleteMessages ?? settings.autoCompleteMessages;
  const settling = createGate(1);
  const shared = { name, bindingName: binding.name, invoker, complete, settling, fault: report.fault };
  let stopping = false;
  const handle = async (receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage): Promise<void> => {
    const call = { ...shared, receiver };
    const release = renewLock({ receiver, message, maxMs: settings.maxAutoLockRenewalMs, fault: report.fault });
    await gate.enter();
    try {
      report.recovered();
      await (stopping ? settle(call, message, 'abandon') : callFunction(call, message));
    } finally {
      release();
      gate.leave();
    }
  };
  const { maxConcurrentCalls } = settings;
  const link = keepLink({ connect, queueName, maxConcurrentCalls, handle, fault: report.fault });
  return {
    stopPulling: async () => {
      stopping = true;
      await link.stopPulling();
    },
    close: async () => {
      // Behind the settlements that wait for their turn.
      await settling.enter();
      await link.close();
    },
  };
}

interface QueueCall {
  readonly name: string;
  readonly bindingName: string;
  readonly receiver: ServiceBusReceiver;
  readonly invoker: Invoker;
  readonly complete: boolean;
  readonly settling: Gate;
  readonly fault: (source: string, error: unknown) => void;
}

async function callFunction(call: QueueCall, message: ServiceBusReceivedMessage): Promise<void> {
  const outcome = await call.invoker.invoke({
    functionName: call.name,
    input: { name: call.bindingName, data: { string: messageText(message) } },
    triggerMetadata: triggerMetadata(message),
    trace: messageTrace(message),
  });
  if (outcome.kind === 'failed') {
    await settle(call, message, 'abandon');
  } else if (call.complete) {
    await settle(call, message, 'complete');
  }
}

/** A settlement that fails is logged and no more: the lock is gone or will be, and the message comes back. */
async function settle(
  { receiver, settling, fault }: QueueCall,
  message: ServiceBusReceivedMessage,
  settlement: 'complete' | 'abandon',
): Promise<void> {
  await settling.enter();
  try {
    await (settlement === 'complete' ? receiver.completeMessage(message) : receiver.abandonMessage(message));
  } catch (error) {
    fault(`${settlement} of message ${String(message.messageId)}`, error);
  } finally {
    settling.leave();
  }
}

/** The same fault repeats with every attempt to connect: it is logged when it is new, or came back. */
function describeOnce(subject: string, log: (line: string) => void) {
  let last = '';
  return {
    fault: (source: string, error: unknown): void => {
      const text = `${source}: ${error instanceof Error ? error.message : String(error)}`;
      if (text !== last) {
        last = text;
        log(`[warning] ${subject}: ${text}`);
      }
    },
    recovered: (): void => {
      last = '';
    },
  };
}
