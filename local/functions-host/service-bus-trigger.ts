/**
 * Pulls messages of one queue with peek-lock and calls the app's function for each.
 *
 * 1. At most `maxConcurrentCalls` calls run at once, also while a new link overlaps calls that a lost one began.
 * 2. A call that ended well completes its message (unless `autoCompleteMessages` is off); one that failed abandons it,
 *    so that it is redelivered at once. Settlement comes before the next message is asked for.
 * 3. Locks are renewed up to `maxAutoLockRenewalDuration`, as long as the call runs.
 * 4. A lost connection is opened again for as long as the host runs. A message whose settlement was cut off comes back
 *    when its lock expires.
 */
import type {
  ProcessErrorArgs,
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
} from '@azure/service-bus';
import { newInvocationId, type Invoker } from './create-invoker.ts';
import { createGate } from './create-gate.ts';
import type { RegisteredFunction } from './functions-core.ts';
import type { QueueBinding } from './read-bindings.ts';
import type { ServiceBusSettings } from './read-host-settings.ts';
import { messageText, messageTrace, triggerMetadata } from './service-bus-message.ts';

export interface QueueFunction {
  readonly registered: RegisteredFunction;
  readonly binding: QueueBinding;
  readonly queueName: string;
  readonly client: ServiceBusClient;
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
  { registered, binding, queueName, client }: QueueFunction,
  { settings, invoker, log }: ServiceBusTriggerSettings,
): ServiceBusTrigger {
  const { name } = registered.metadata;
  const receiver = client.createReceiver(queueName, {
    receiveMode: 'peekLock',
    maxAutoLockRenewalDurationInMs: settings.maxAutoLockRenewalMs,
    skipParsingBodyAsJson: true,
  });
  const gate = createGate(settings.maxConcurrentCalls);
  const complete = binding.autoCompleteMessages ?? settings.autoCompleteMessages;
  const report = describeOnce(`function ${name}: queue "${queueName}"`, log);
  let stopping = false;
  const processMessage = async (message: ServiceBusReceivedMessage): Promise<void> => {
    await gate.enter();
    try {
      report.recovered();
      if (stopping) {
        await settle(receiver, message, 'abandon', report.fault);
        return;
      }
      const outcome = await invoker.invoke({
        registered,
        invocationId: newInvocationId(),
        input: { name: binding.name, data: { string: messageText(message) } },
        triggerMetadata: triggerMetadata(message),
        trace: messageTrace(message),
      });
      if (outcome.kind === 'failed') {
        await settle(receiver, message, 'abandon', report.fault);
      } else if (complete) {
        await settle(receiver, message, 'complete', report.fault);
      }
    } finally {
      gate.leave();
    }
  };
  const subscription = receiver.subscribe(
    {
      processMessage,
      processError: async ({ error, errorSource }: ProcessErrorArgs) => {
        report.fault(errorSource, error);
      },
    },
    { autoCompleteMessages: false, maxConcurrentCalls: settings.maxConcurrentCalls },
  );
  return {
    stopPulling: async () => {
      stopping = true;
      await subscription.close();
    },
    close: async () => receiver.close(),
  };
}

/** A settlement that fails is logged and no more: the lock is gone or will be, and the message comes back. */
async function settle(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  settlement: 'complete' | 'abandon',
  fault: (source: string, error: unknown) => void,
): Promise<void> {
  try {
    await (settlement === 'complete' ? receiver.completeMessage(message) : receiver.abandonMessage(message));
  } catch (error) {
    fault(`${settlement} of message ${String(message.messageId)}`, error);
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
