import { isServiceBusError } from '@azure/service-bus';
import { AppError } from '../errors.ts';

/** Codes after which the same call will fail again until somebody changes a setting. */
const lastingCodes = new Set([
  'MessagingEntityNotFound',
  'MessagingEntityDisabled',
  'UnauthorizedAccess',
  'MessageSizeExceeded',
]);

/** Runs a Service Bus call and turns the SDK's errors into ours. */
export async function asQueueError<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw toQueueError(what, error);
  }
}

function toQueueError(what: string, error: unknown): AppError {
  if (error instanceof AppError) {
    return error;
  }
  const code = isServiceBusError(error) ? error.code : '';
  if (code === 'QuotaExceeded') {
    const message = `${what} was refused: the queue is full. Try again when some of it has been drained.`;
    return new AppError('queue.full', message, { cause: error, isRetryable: true });
  }
  if (lastingCodes.has(code)) {
    const message = `${what} was refused by Service Bus (${code}). Check that the queue exists and that the app may send to and listen on it.`;
    return new AppError('queue.refused', message, { cause: error });
  }
  const message = `${what} failed: Service Bus did not answer (${code || 'connection lost'}). A pump tries again by itself; a call from outside is to be made again.`;
  return new AppError('queue.unavailable', message, { cause: error, isRetryable: true });
}
