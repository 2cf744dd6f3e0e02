import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { whenProtocolKnown } from '../administration/first-byte.ts';
import type { AmqpError } from '../amqp/amqp-error.ts';
import type { Certificate } from '../../tls/self-signed-certificate.ts';
import type { BrokerConnection, MessageLink } from './broker-connection.ts';

/**
 * The connections of all clients. AMQP, HTTP for the administration client, and either of them in TLS come in at one port;
 * the first byte tells which.
 */
export class ClientConnections {
  readonly #openBroker: (socket: Socket) => BrokerConnection;
  readonly #administration: HttpServer;
  readonly #handshakeMs: number;
  readonly #tls: TlsServer | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #brokers = new Map<Socket, BrokerConnection>();

  constructor(fields: {
    readonly openBroker: (socket: Socket) => BrokerConnection;
    readonly administration: HttpServer;
    /** Without one, whoever speaks TLS is cut off. */
    readonly certificate: Certificate | undefined;
    /** How long a client gets to say what it speaks. */
    readonly handshakeMs: number;
  }) {
    this.#handshakeMs = fields.handshakeMs;
    this.#openBroker = fields.openBroker;
    this.#administration = fields.administration;
    if (fields.certificate !== undefined) {
      this.#tls = createTlsServer({ ...fields.certificate });
      this.#tls.on('secureConnection', (socket) => this.#takeOver(socket, false));
    }
  }

  take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    this.#takeOver(socket, true);
  }

  /** Cuts everybody off. @returns how many spoke AMQP */
  drop(): number {
    const { size } = this.#brokers;
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    return size;
  }

  /** Detaches links with an error. @returns how many */
  dropLinks(isMeant: (link: MessageLink) => boolean, error: AmqpError): number {
    return [...this.#brokers.values()].reduce((sum, broker) => sum + broker.dropLinks(isMeant, error), 0);
  }

  /** @param mayStartTls false inside of TLS */
  #takeOver(socket: Socket, mayStartTls: boolean): void {
    // Whoever takes the connection over listens as well; until then an error only means that the client has gone.
    socket.on('error', () => undefined);
    const patience = setTimeout(() => socket.destroy(), this.#handshakeMs).unref();
    socket.once('close', () => clearTimeout(patience));
    whenProtocolKnown(socket, (protocol) => {
      clearTimeout(patience);
      if (protocol === 'amqp') {
        this.#brokers.set(socket, this.#openBroker(socket));
        socket.on('close', () => this.#brokers.delete(socket));
      } else if (protocol === 'http') {
        this.#administration.emit('connection', socket);
      } else if (mayStartTls && this.#tls !== undefined) {
        this.#tls.emit('connection', socket);
      } else {
        socket.destroy();
      }
    });
  }
}
