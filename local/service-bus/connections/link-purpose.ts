import { conditions, entityNotFound, notCarried, type AmqpError } from '../amqp/amqp-error.ts';
import type { Entity } from '../queues/entity.ts';
import { parseEntityAddress } from './entity-address.ts';
import type { QueueEngine } from '../queues/queue-engine.ts';
import { isTyped, type RheaLink } from '../amqp/rhea-seam.ts';
import type { Claims } from '../management/sas-claims.ts';

/** The filter by which a receiver asks for a session. */
export const sessionFilter = 'com.microsoft:session-filter';

/** What a link is opened for, or why it is refused. */
export type Purpose =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management'; readonly entity: Entity }
  | { readonly kind: 'messages'; readonly entity: Entity }
  /** `session` is absent when any will do. */
  | { readonly kind: 'session'; readonly entity: Entity; readonly session: string | undefined }
  | { readonly kind: 'refused'; readonly error: AmqpError };

export function purposeOf(
  link: RheaLink,
  { claims, engine, nowMs }: { readonly claims: Claims; readonly engine: QueueEngine; readonly nowMs: number },
): Purpose {
  const incoming = link.is_receiver();
  const address = (incoming ? link.target : link.source)?.address;
  if (typeof address !== 'string' || address === '') {
    return refused(notCarried('links without an address, such as those of transactions'));
  }
  const parsed = parseEntityAddress(address);
  if (parsed.kind === 'cbs') {
    return parsed;
  }
  if (!claims.allows(address, nowMs)) {
    return refuse('unauthorized', `Unauthorized access: 'put-token' on $cbs gave no claim to '${address}'.`);
  }
  if (parsed.kind === 'notCarried') {
    return refused(notCarried(parsed.feature));
  }
  const entity = engine.find(parsed.queue, parsed.deadLetter);
  if (entity === undefined) {
    return refused(entityNotFound(address));
  }
  if (parsed.management) {
    return { kind: 'management', entity };
  }
  if (incoming) {
    return parsed.deadLetter
      ? refuse('notAllowed', `Messages cannot be sent to '${address}'.`)
      : { kind: 'messages', entity };
  }
  return receiverPurpose(link, entity);
}

/** The service's sentences: receivers of sessions and of messages do not mix. */
function receiverPurpose(link: RheaLink, entity: Entity): Purpose {
  const filter = link.source?.filter ?? {};
  const asksForSession = sessionFilter in filter;
  if (entity.sessions === undefined) {
    return asksForSession
      ? refuse(
          'notAllowed',
          'A sessionful message receiver cannot be created on an entity that does not require sessions. Ensure RequiresSession is set to true when creating a Queue or Subscription to enable sessionful behavior.',
        )
      : { kind: 'messages', entity };
  }
  if (!asksForSession) {
    return refuse(
      'notAllowed',
      'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
    );
  }
  const wanted = filter[sessionFilter];
  const session = isTyped(wanted) ? wanted.value : wanted;
  return { kind: 'session', entity, session: typeof session === 'string' ? session : undefined };
}

function refuse(condition: 'unauthorized' | 'notAllowed', description: string): Purpose {
  return refused({ condition: conditions[condition], description });
}

function refused(error: AmqpError): Purpose {
  return { kind: 'refused', error };
}
