import type { ServiceBusReceivedMessage } from '@azure/service-bus';

/**
 * A message as the SDK settles it for certain. The SDK closes a receiver's link when draining it takes long (200 ms), opens
 * another one under the same name, and then writes the settlements of what came by the old link into the void
 * (`settleMessageOperation` finds links by name). A message that shows no link is settled by its lock token instead.
 */
export function reachable(message: ServiceBusReceivedMessage): ServiceBusReceivedMessage {
  if (cameByOpenLink(message)) {
    return message;
  }
  return new Proxy(message, {
    get: (target, name): unknown => (name === 'delivery' ? {} : Reflect.get(target, name)),
  });
}

/** The SDK keeps the delivery, and with it the link, on its messages; without either it is taken for open. */
function cameByOpenLink(message: ServiceBusReceivedMessage): boolean {
  const delivery: unknown = 'delivery' in message ? message.delivery : undefined;
  const link: unknown = isObject(delivery) && 'link' in delivery ? delivery.link : undefined;
  return !isLink(link) || link.is_open() === true;
}

function isLink(value: unknown): value is { readonly is_open: () => unknown } {
  return isObject(value) && 'is_open' in value && typeof value.is_open === 'function';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
