/** An AMQP error as it goes over the wire: a symbolic condition and a sentence for the reader. */
export interface AmqpError {
  readonly condition: string;
  readonly description: string;
}

/** The bytes are not AMQP 1.0, or not the shape that the operation needs. */
export class AmqpDecodeError extends Error {
  readonly code = 'service_bus.amqp_decode';

  constructor(message: string) {
    super(message);
    this.name = 'AmqpDecodeError';
  }
}

/**
 * The conditions that Service Bus answers with, as the public SDKs translate them
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot).
 */
export const conditions = {
  decodeError: 'amqp:decode-error',
  deadLetter: 'com.microsoft:dead-letter',
  argumentError: 'com.microsoft:argument-error',
  messageLockLost: 'com.microsoft:message-lock-lost',
  messageNotFound: 'com.microsoft:message-not-found',
  messageTooLarge: 'amqp:link:message-size-exceeded',
  notAllowed: 'amqp:not-allowed',
  notFound: 'amqp:not-found',
  notImplemented: 'amqp:not-implemented',
  detachForced: 'amqp:link:detach-forced',
  internalError: 'amqp:internal-error',
  resourceLimitExceeded: 'amqp:resource-limit-exceeded',
  sessionCannotBeLocked: 'com.microsoft:session-cannot-be-locked',
  sessionLockLost: 'com.microsoft:session-lock-lost',
  serverBusy: 'com.microsoft:server-busy',
  timeout: 'com.microsoft:timeout',
  transferLimitExceeded: 'amqp:link:transfer-limit-exceeded',
  connectionForced: 'amqp:connection:forced',
  illegalState: 'amqp:illegal-state',
  framingError: 'amqp:connection:framing-error',
  unauthorized: 'amqp:unauthorized-access',
} as const;

export function lockLost(): AmqpError {
  return {
    condition: conditions.messageLockLost,
    description:
      'The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.',
  };
}

export function sessionLockLost(): AmqpError {
  return {
    condition: conditions.sessionLockLost,
    description: 'The session lock has expired on the MessageSession. Accept a new MessageSession.',
  };
}

/** Messages of a session have no lock of their own. */
export function renewedBySession(): AmqpError {
  return {
    condition: conditions.notAllowed,
    description: 'Messages of a session are locked with it: renew the lock of the session.',
  };
}

export function sessionCannotBeLocked(session: string): AmqpError {
  return {
    condition: conditions.sessionCannotBeLocked,
    description: `The requested session '${session}' cannot be accepted. It may be locked by another receiver.`,
  };
}

/** A feature of Service Bus that the embedded one does not carry. */
export function notCarried(feature: string): AmqpError {
  return {
    condition: conditions.notImplemented,
    description: `The embedded Service Bus does not carry ${feature}.`,
  };
}

/** The wording matters: the SDK tells a missing entity from other faults by this sentence. */
export function entityNotFound(address: string): AmqpError {
  return {
    condition: conditions.notFound,
    description: `The messaging entity '${address}' could not be found.`,
  };
}

/** @param sizeBytes as sent on the wire @param limitBytes the link's max-message-size */
export function messageTooLarge(sizeBytes: number, limitBytes: number): AmqpError {
  return {
    condition: conditions.messageTooLarge,
    description: `The received message (size: ${sizeBytes} bytes) exceeds the limit (${limitBytes} bytes) currently allowed on the link.`,
  };
}

export function messagesNotFound(sequences: readonly number[]): AmqpError {
  return {
    condition: conditions.messageNotFound,
    description: `Failed to lock one or more specified messages. There is no deferred message with sequence number ${sequences.join(', ')}.`,
  };
}

export function messageNotFound(sequence: number): AmqpError {
  return {
    condition: conditions.messageNotFound,
    description: `There is no scheduled message with sequence number ${sequence}.`,
  };
}

/** A queue that is full takes messages again when others have gone. */
export function queueFull(name: string, maxSizeBytes: number): AmqpError {
  return {
    condition: conditions.resourceLimitExceeded,
    description: `The maximum entity size of ${maxSizeBytes} bytes has been reached or exceeded for '${name}'.`,
  };
}
