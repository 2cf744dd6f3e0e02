/** What a link's address asks for. Names are compared without regard to case, as the service does. */
export type EntityAddress =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'queue'; readonly queue: string; readonly deadLetter: boolean; readonly management: boolean }
  | { readonly kind: 'notCarried'; readonly feature: string };

const management = '/$management';
const deadLetter = '/$deadletterqueue';

/**
 * Addresses of Service Bus entities: `queue`, `queue/$deadletterqueue`, either followed by `/$management`, and `$cbs`
 * (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-dead-letter-queues).
 */
export function parseEntityAddress(address: string): EntityAddress {
  let path = address.toLowerCase().replace(/^\/+|\/+$/g, '');
  if (path === '$cbs') {
    return { kind: 'cbs' };
  }
  const isManagement = path.endsWith(management);
  if (isManagement) {
    path = path.slice(0, -management.length);
  }
  const isDeadLetter = path.endsWith(deadLetter);
  if (isDeadLetter) {
    path = path.slice(0, -deadLetter.length);
  }
  if (path.includes('/subscriptions/')) {
    return { kind: 'notCarried', feature: `topics and subscriptions ('${address}')` };
  }
  if (path.includes('$')) {
    return { kind: 'notCarried', feature: `the sub-queue or node '${address}'` };
  }
  return { kind: 'queue', queue: path, deadLetter: isDeadLetter, management: isManagement };
}
