import type { Socket } from 'node:net';
import { FaultGate } from './fault-gate.ts';
import type { ServiceBusFaults } from '../service-bus-faults.ts';
import type { AmqpError } from '../amqp/amqp-error.ts';
import { BrokerSession } from './broker-session.ts';
import { guardConnection } from './connection-guard.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { DeliveryLink } from './delivery-link.ts';
import type { Entity } from '../queues/entity.ts';
import { gatherWrites } from '../amqp/gather-writes.ts';
import { handleManagement } from '../management/handle-management.ts';
import { handlePutToken } from '../management/handle-put-token.ts';
import { closeIdle, idleLink } from './idle-errors.ts';
import { IdleWatch } from './idle-watch.ts';
import { openIntakeLink } from './intake-link.ts';
import { purposeOf, sessionFilter, type Purpose } from './link-purpose.ts';
import type { QueueEngine } from '../queues/queue-engine.ts';
import { openRequestLink } from './request-link.ts';
import { cbsStatus, managementStatus } from '../amqp/request-message.ts';
import { Responders } from './responders.ts';
import { asContext, typedLong, type RheaContainer, type RheaLink, type RheaSession } from '../amqp/rhea-seam.ts';
import { Claims, type SharedKey } from '../management/sas-claims.ts';
import { dotNetTicks, openSession } from './session-attach.ts';
import type { SessionHold } from '../queues/session-book.ts';

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
  readonly limits: ConnectionLimits;
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** One client's connection: its claims, sessions and links, until the socket closes. */
export class BrokerConnection {
  readonly #settings: BrokerConnectionSettings;
  readonly #claims = new Claims();
  readonly #responders: Responders;
  readonly #sessions = new WeakMap<RheaSession, BrokerSession>();
  /** What has to be let go with a link. */
  readonly #closers = new Map<RheaLink, () => void>();
  readonly #messageLinks = new Map<RheaLink, MessageLink>();
  readonly #gate: FaultGate;
  readonly #idle: IdleWatch<RheaLink>;

  constructor(settings: BrokerConnectionSettings) {
    this.#settings = settings;
    const { faults, limits, now, socket } = settings;
    this.#gate = new FaultGate({ faults, socket });
    // Each link that delivers waits for the socket to drain.
    socket.setMaxListeners(0);
    const connection = settings.container.accept(socket, (prepared) => guardConnection(prepared, socket, settings.log));
    gatherWrites(connection, socket);
    this.#idle = new IdleWatch({
      limits,
      now,
      onIdleLink: (link) => {
        settings.log(`let an idle link go: ${link.name}`);
        this.#drop(link, idleLink(link, limits.idleLinkMs));
      },
      onIdleConnection: (waited) => {
        settings.log(`let an idle connection go, which waited for its ${waited}`);
        closeIdle(connection, socket, { waited, limits });
      },
    });
    const touch = (link: RheaLink): void => this.#idle.touch(link);
    this.#responders = new Responders(touch);
    connection.on('connection_open', () => this.#idle.opened());
    connection.on('session_open', (context) => {
      const { session } = asContext(context);
      if (session !== undefined) {
        this.#sessions.set(session, new BrokerSession(session, touch));
      }
    });
    connection.on('receiver_open', (context) => this.#open(asContext(context).receiver));
    connection.on('sender_open', (context) => this.#open(asContext(context).sender));
    connection.on('sender_close', (context) => this.#closeLink(asContext(context).sender));
    connection.on('receiver_close', (context) => this.#closeLink(asContext(context).receiver));
    connection.on('session_close', (context) => this.#closeLinks(asContext(context).session));
    socket.on('close', () => {
      this.#idle.stop();
      this.#closeLinks(undefined);
      connection.eof();
    });
  }

  /** Detaches links with an error. @returns how many */
  dropLinks(isMeant: (link: MessageLink) => boolean, error: AmqpError): number {
    const meant = [...this.#messageLinks].filter(([, link]) => isMeant(link));
    for (const [link] of meant) {
      this.#drop(link, error);
    }
    return meant.length;
  }

  #drop(link: RheaLink, error: AmqpError): void {
    this.#closeLink(link);
    link.close(error);
  }

  /** rhea answers an attach by itself: what is set here goes into the answer, and a refusal follows it as a detach. */
  #open(link: RheaLink | undefined): void {
    const session = link === undefined ? undefined : this.#sessions.get(link.session);
    if (link === undefined || session === undefined) {
      return;
    }
    const { engine, now } = this.#settings;
    const purpose = purposeOf(link, { claims: this.#claims, engine, nowMs: now() });
    if (purpose.kind === 'refused') {
      this.#refuse(link, purpose.error);
      return;
    }
    this.#idle.add(link);
    if (purpose.kind === 'session') {
      this.#openSession(link, session, purpose);
    } else if (purpose.kind === 'messages') {
      acceptLink(link, purpose.entity);
      this.#openMessages(link, session, { entity: purpose.entity, hold: undefined });
    } else {
      acceptLink(link, purpose.kind === 'management' ? purpose.entity : undefined);
      if (link.is_receiver()) {
        this.#openRequests(link, session, purpose);
      } else {
        this.#responders.add(link);
      }
    }
  }

  #refuse(link: RheaLink, error: AmqpError): void {
    this.#settings.log(`refused link ${link.name}: ${error.condition} ${error.description}`);
    this.#drop(link, error);
  }

  #openMessages(
    link: RheaLink,
    session: BrokerSession,
    { entity, hold }: { readonly entity: Entity; readonly hold: SessionHold | undefined },
  ): void {
    const { engine, socket } = this.#settings;
    const gate = this.#gate;
    const role = link.is_receiver() ? 'sender' : 'receiver';
    this.#messageLinks.set(link, { entity: entity.name, role });
    if (role === 'sender') {
      openIntakeLink({ link, session, engine, entity, gate });
    } else {
      const delivery = new DeliveryLink({ link, session, socket, engine, entity, gate, hold });
      this.#closers.set(link, () => delivery.close());
    }
  }

  #openSession(
    link: RheaLink,
    session: BrokerSession,
    { entity, session: wanted }: { readonly entity: Entity; readonly session: string | undefined },
  ): void {
    const giveUp = openSession({
      engine: this.#settings.engine,
      entity,
      link,
      session: wanted,
      accepted: (hold) => {
        acceptLink(link, entity, hold);
        this.#openMessages(link, session, { entity, hold });
      },
      refused: (error) => this.#refuse(link, error),
      lost: (error) => this.#drop(link, error),
    });
    this.#closers.set(link, giveUp);
  }

  #openRequests(
    link: RheaLink,
    session: BrokerSession,
    purpose: Extract<Purpose, { kind: 'cbs' | 'management' }>,
  ): void {
    const { sharedKey, now, engine } = this.#settings;
    const management = purpose.kind === 'management';
    if (management) {
      session.keep(link, purpose.entity.settings.maxMessageBytes + requestOverheadBytes);
    }
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
      this.#idle.remove(link);
      this.#responders.remove(link);
      this.#messageLinks.delete(link);
      const close = this.#closers.get(link);
      this.#closers.delete(link);
      close?.();
    }
  }

  /** Those of a session, or all. Messages that were delivered stay locked: the client may settle them elsewhere. */
  #closeLinks(session: RheaSession | undefined): void {
    if (session !== undefined) {
      this.#responders.removeAll(session);
    }
    for (const link of new Set([...this.#messageLinks.keys(), ...this.#closers.keys()])) {
      if (session === undefined || link.session === session) {
        this.#closeLink(link);
      }
    }
  }
}

/** What a request to schedule the largest message takes besides it. */
const requestOverheadBytes = 65_536;

function acceptLink(link: RheaLink, entity: Entity | undefined, hold?: SessionHold): void {
  const { attach } = link.local;
  const source = { address: link.source?.address ?? '' };
  link.set_source(hold === undefined ? source : { ...source, filter: { [sessionFilter]: hold.session } });
  link.set_target({ address: link.target?.address ?? '' });
  if (hold !== undefined) {
    attach.properties = { 'com.microsoft:locked-until-utc': typedLong(dotNetTicks(hold.untilMs)) };
  }
  attach.max_message_size = entity?.settings.maxMessageBytes ?? usualMessageBytes;
  attach.snd_settle_mode = link.snd_settle_mode ?? 2;
  attach.rcv_settle_mode = link.rcv_settle_mode ?? 0;
}

const usualMessageBytes = 262_144;
