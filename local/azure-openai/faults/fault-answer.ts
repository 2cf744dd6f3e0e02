import type { Fault } from './model-faults.ts';
import { accessDenied, deploymentNotFound, gatewayError, ServiceError } from '../service-error.ts';

/** What a call that meets the fault is answered with: the fault's own body, or the service's usual one. */
export function faultAnswer(fault: Fault): ServiceError {
  const usual = usualAnswer(fault);
  return fault.body === undefined ? usual : new ServiceError(fault.status, usual.code, usual.message, fault.body);
}

function usualAnswer(fault: Fault): ServiceError {
  const { status, code } = fault;
  if (code !== undefined) {
    return worded(status, code);
  }
  switch (status) {
    case 401:
      return accessDenied();
    case 403:
      return gatewayError(403, 'PermissionDenied', 'The principal lacks the required data action for this operation.');
    case 404:
      return deploymentNotFound();
    case 408:
      return gatewayError(408, 'Timeout', 'The operation was timeout.');
    case 429:
      return worded(429, 'no_capacity');
    default:
      return worded(status, status >= 500 ? 'server_error' : String(status));
  }
}

function worded(status: number, code: string): ServiceError {
  if (status === 429) {
    const message =
      'The system is currently experiencing high demand and cannot process your request. Please retry later.';
    const error = { message, type: 'too_many_requests', param: null, code };
    return new ServiceError(status, code, message, { error });
  }
  const message =
    status >= 500
      ? 'The server had an error while processing your request. Sorry about that!'
      : 'The request was refused by an injected fault.';
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return new ServiceError(status, code, message, { error: { message, type, param: null, code } });
}
