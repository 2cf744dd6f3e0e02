import { readEntries, textOf } from '../amqp/amqp-decode.ts';
import { AmqpDecodeError, conditions, notCarried } from '../amqp/amqp-error.ts';
import type { ManagementRequest } from './management-request.ts';
import { failed } from './management-request.ts';
import { cancelScheduled, schedule } from './manage-schedule.ts';
import { readSessionState, renewSessionLock, writeSessionState } from './manage-sessions.ts';
import { peek, receiveDeferred, renewLocks, updateDisposition } from './manage-messages.ts';
import type { HandleRequest } from '../connections/request-link.ts';

/**
 * The operations of an entity's `$management` node
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response).
 */
const operations: ReadonlyMap<string, (request: ManagementRequest) => void> = new Map([
  ['com.microsoft:peek-message', peek],
  ['com.microsoft:renew-lock', renewLocks],
  ['com.microsoft:schedule-message', schedule],
  ['com.microsoft:cancel-scheduled-message', cancelScheduled],
  ['com.microsoft:receive-by-sequence-number', receiveDeferred],
  ['com.microsoft:update-disposition', updateDisposition],
  ['com.microsoft:renew-session-lock', renewSessionLock],
  ['com.microsoft:get-session-state', readSessionState],
  ['com.microsoft:set-session-state', writeSessionState],
]);

export function handleManagement(on: Pick<ManagementRequest, 'engine' | 'entity' | 'gate'>): HandleRequest {
  return ({ properties, body }, respond) => {
    const name = textOf(properties.get('operation'));
    const linkName = properties.get('associated-link-name');
    const operation = operations.get(name);
    if (operation === undefined) {
      respond(failed(notCarried(`the management operation '${name}'`)));
      return;
    }
    try {
      const fields = new Map(readEntries(body));
      operation({ ...on, fields, linkName: typeof linkName === 'string' ? linkName : undefined, respond });
    } catch (error) {
      if (!(error instanceof AmqpDecodeError)) {
        throw error;
      }
      respond(failed({ condition: conditions.argumentError, description: error.message }));
    }
  };
}
