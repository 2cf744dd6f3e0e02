import type { Socket } from 'node:net';
import { FaultGate } from './fault-gate.ts';
import type { ServiceBusFaults } from './service-bus-faults.ts';
import { conditions, entityNotFound, notCarried, type AmqpError } from './amqp-error.ts';
import { BrokerSession } from './broker-session.ts';
import { DeliveryLink } from './delivery-link.ts';
import type { Entity } from './entity.ts';
import { parseEntityAddress } from './entity-address.ts';
import { handleManagement } from './handle-management.ts';
import { handlePutToken } from './handle-put-token.ts';
import { maxMessageBytes, openIntakeLink } from './intake-link.ts';
import type { QueueEngine } from './queue-engine.ts';
import { openRequestLink } from './request-link.ts';
import { cbsStatus, managementStatus } from './request-message.ts';
import { Responders } from './responders.ts';
import { asContext, type RheaConnection, type RheaContainer, type RheaLink, type RheaSession } from './rhea-seam.ts';
import { Claims, type SharedKey } from './sas-claims.ts';

const sessionFilter = 'com.microsoft:session-filter';

/** What a link is opened for, or why it is refused. */
type Purpose =
  | { readonly kind: 'cbs' }
  | { readonly kind: 'management'; readonly entity: Entity }
  | { readonly kind: 'messages'; readonly entity: Entity }
  | { readonly kind: 'refused'; readonly error: AmqpError };

/** A link on which messages go, seen from the client. */
export interface MessageLink {
  /** In lower case; that of a dead-letter queue ends with `/$deadletterqueue`. */
  readonly entity: string;
  readonly role: 'sender' | 'receiver';
}

export interface BrokerConnectionSettings {
  readonly socket: Socket;
  readonly container: RheaContainer;
  readonly engine: QueueEngine;
  readonly sharedKey: SharedKey;
  readonly faults: ServiceBusFaults;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** One client's connection: its claims, sessions and links, until the socket closes. */
export class BrokerConnection {
  readonly #settings: BrokerConnectionSettings;
  readonly #claims = new Claims();
  readonly #responders = new Responders();
  readonly #sessions = new WeakMap<RheaSession, BrokerSession>();
  readonly #deliveryLinks = new Map<RheaLink, DeliveryLink>();
  readonly #messageLinks = new Map<RheaLink, MessageLink>();
  readonly #gate: FaultGate;

  constructor(settings: BrokerConnectionSettings) {
    this.#settings = settings;
    const { faults, socket } = settings;
    this.#gate = new FaultGate({ faults, socket });
    // Each link that delivers waits for the socket to drain.
    socket.setMaxListeners(0);
    const connection = settings.container.accept(socket);
    corkWrites(connection, socket);
    connection.on('session_open', (context) => {
      const { session } = asContext(context);
      if (session !== undefined) {
        this.#sessions.set(session, new BrokerSession(session));
      }
    });
    connection.on('receiver_open', (context) => {
      this.#open(asContext(context).receiver);
    });
    connection.on('sender_open', (context) => {
      this.#open(asContext(context).sender);
    });
    connection.on('sender_close', (context) => {
      this.#closeLink(asContext(context).sender);
    });
    connection.on('receiver_close', (context) => {
      this.#closeLink(asContext(context).receiver);
    });
    connection.on('session_close', (context) => {
      this.#closeLinks(asContext(context).session);
    });
    socket.on('close', () => {
      this.#closeLinks(undefined);
      connection.eof();
    });
  }

  /** Detaches links with an error. @returns how many */
  dropLinks(isMeant: (link: MessageLink) => boolean, error: AmqpError): number {
    const meant = [...this.#messageLinks].filter(([, link]) => isMeant(link));
    for (const [link] of meant) {
      this.#closeLink(link);
      link.close(error);
    }
    return meant.length;
  }

  /** rhea answers an attach by itself: what is set here goes into the answer, and a refusal follows it as a detach. */
  #open(link: RheaLink | undefined): void {
    const session = link === undefined ? undefined : this.#sessions.get(link.session);
    if (link === undefined || session === undefined) {
      return;
    }
    const incoming = link.is_receiver();
    const purpose = this.#purposeOf(link, incoming);
    if (purpose.kind === 'refused') {
      this.#settings.log(`refused link ${link.name}: ${purpose.error.condition} ${purpose.error.description}`);
      link.close(purpose.error);
      return;
    }
    acceptLink(link);
    if (purpose.kind === 'messages') {
      this.#openMessages(link, session, purpose.entity);
    } else if (incoming) {
      this.#openRequests(link, session, purpose);
    } else {
      this.#responders.add(link);
    }
  }

  #purposeOf(link: RheaLink, incoming: boolean): Purpose {
    const address = (incoming ? link.target : link.source)?.address;
    if (typeof address !== 'string' || address === '') {
      return refused(notCarried('links without an address, such as those of transactions'));
    }
    const parsed = parseEntityAddress(address);
    if (parsed.kind === 'cbs') {
      return parsed;
    }
    if (!this.#claims.allows(address, this.#settings.now())) {
      const description = `Unauthorized access: 'put-token' on $cbs gave no claim to '${address}'.`;
      return refused({ condition: conditions.unauthorized, description });
    }
    if (parsed.kind === 'notCarried') {
      return refused(notCarried(parsed.feature));
    }
    const entity = this.#settings.engine.find(parsed.queue, parsed.deadLetter);
    if (entity === undefined) {
      return refused(entityNotFound(address));
    }
    if (parsed.management) {
      return { kind: 'management', entity };
    }
    if (incoming && parsed.deadLetter) {
      const description = `Messages cannot be sent to '${address}'.`;
      return refused({ condition: conditions.notAllowed, description });
    }
    if (link.source?.filter?.[sessionFilter] !== undefined) {
      return refused(notCarried('message sessions'));
    }
    return { kind: 'messages', entity };
  }

  #openMessages(link: RheaLink, session: BrokerSession, entity: Entity): void {
    const { engine, socket } = this.#settings;
    const gate = this.#gate;
    const role = link.is_receiver() ? 'sender' : 'receiver';
    this.#messageLinks.set(link, { entity: entity.name, role });
    if (role === 'sender') {
      openIntakeLink({ link, session, engine, entity, gate });
    } else {
      this.#deliveryLinks.set(link, new DeliveryLink({ link, session, socket, engine, entity, gate }));
    }
  }

  #openRequests(link: RheaLink, session: BrokerSession, purpose: Exclude<Purpose, { kind: 'refused' }>): void {
    const { sharedKey, now, engine } = this.#settings;
    const management = purpose.kind === 'management';
    openRequestLink({
      link,
      session,
      responders: this.#responders,
      names: management ? managementStatus : cbsStatus,
      handle: management
        ? handleManagement({ engine, entity: purpose.entity, gate: this.#gate })
        : handlePutToken({ claims: this.#claims, sharedKey, now }),
    });
  }

  #closeLink(link: RheaLink | undefined): void {
    if (link !== undefined) {
      this.#responders.remove(link);
      this.#messageLinks.delete(link);
      this.#deliveryLinks.get(link)?.close();
      this.#deliveryLinks.delete(link);
    }
  }

  /** Those of a session, or all. Messages that were delivered stay locked: the client may settle them elsewhere. */
  #closeLinks(session: RheaSession | undefined): void {
    if (session !== undefined) {
      this.#responders.removeAll(session);
    }
    for (const link of this.#messageLinks.keys()) {
      if (session === undefined || link.session === session) {
        this.#closeLink(link);
      }
    }
  }
}

function acceptLink(link: RheaLink): void {
  const { attach } = link.local;
  link.set_source({ address: link.source?.address ?? '' });
  link.set_target({ address: link.target?.address ?? '' });
  attach.max_message_size = maxMessageBytes;
  attach.snd_settle_mode = link.snd_settle_mode ?? 2;
  attach.rcv_settle_mode = link.rcv_settle_mode ?? 0;
}

function refused(error: AmqpError): Purpose {
  return { kind: 'refused', error };
}

/** rhea writes every frame to the socket by itself; corked, one round of frames is one system call. */
function corkWrites(connection: RheaConnection, socket: Socket): void {
  const process = connection._process.bind(connection);
  connection._process = () => {
    socket.cork();
    process();
    socket.uncork();
  };
}
