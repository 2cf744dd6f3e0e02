import { FaultBook, type FaultRate } from '../faults/fault-book.ts';
import { conditions, lockLost, type AmqpError } from './amqp/amqp-error.ts';

export const gatedOperations = ['send', 'settle'] as const;
export const refusalNames = ['queue-full', 'server-busy', 'internal-error', 'timeout', 'lock-lost'] as const;

/** Something that goes wrong with sends (scheduled ones too), or with settlements. */
export interface ServiceBusFault extends FaultRate {
  readonly operation: (typeof gatedOperations)[number];
  /** All queues by default. Settlements in a dead-letter queue are those of its queue. */
  readonly queue?: string | undefined;
  /** The error that it is answered with, instead of being carried out. */
  readonly refusal?: (typeof refusalNames)[number] | undefined;
  /** The client's connection is reset: before it is carried out, or after, without an answer. */
  readonly reset?: 'before' | 'after' | undefined;
  /** Waited before it is carried out. */
  readonly delayMs?: number | undefined;
}

/** The faults of the embedded Service Bus. They outlive a restart of the service that they are given to. */
export class ServiceBusFaults {
  readonly book: FaultBook<ServiceBusFault>;

  constructor(seed: number) {
    this.book = new FaultBook({ part: 'service-bus', seed });
  }

  /** The fault that a send or a settlement meets, if any; it is then used once. @param step.entity in lower case */
  take(step: {
    readonly entity: string;
    readonly operation: ServiceBusFault['operation'];
  }): ServiceBusFault | undefined {
    if (this.book.size === 0) {
      return undefined;
    }
    const [queue] = step.entity.split('/');
    return this.book.take(
      (fault) =>
        fault.operation === step.operation && (fault.queue === undefined || fault.queue.toLowerCase() === queue),
    );
  }
}

/** The error of a refusal, as the service words it. */
export function refusalError(refusal: (typeof refusalNames)[number], queue: string): AmqpError {
  switch (refusal) {
    case 'queue-full':
      return {
        condition: conditions.resourceLimitExceeded,
        description: `The maximum entity size has been reached or exceeded for Queue: '${queue}'.`,
      };
    case 'server-busy':
      return {
        condition: conditions.serverBusy,
        description:
          'The request was terminated because the entity is being throttled. Please wait 10 seconds and try again.',
      };
    case 'internal-error':
      return {
        condition: conditions.internalError,
        description: 'The service was unable to process the request; please retry the operation.',
      };
    case 'timeout':
      return {
        condition: conditions.timeout,
        description:
          'The operation did not complete within the allotted timeout. The time allotted may have been a portion of a longer timeout.',
      };
    case 'lock-lost':
      return lockLost();
  }
}
