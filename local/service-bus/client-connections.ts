import type { Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import { whenProtocolKnown } from './administration/first-byte.ts';
import type { AmqpError } from './amqp-error.ts';
import type { BrokerConnection, MessageLink } from './broker-connection.ts';

/** The connections of all clients: AMQP, and HTTP for the administration client, come in at one port. */
export class ClientConnections {
  readonly #openBroker: (socket: Socket) => BrokerConnection;
  readonly #administration: HttpServer;
  readonly #sockets = new Set<Socket>();
  readonly #brokers = new Map<Socket, BrokerConnection>();

  constructor(fields: {
    readonly openBroker: (socket: Socket) => BrokerConnection;
    readonly administration: HttpServer;
  }) {
    this.#openBroker = fields.openBroker;
    this.#administration = fields.administration;
  }

  take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#brokers.delete(socket);
    });
    // Whoever takes the connection over listens as well; until then an error only means that the client has gone.
    socket.on('error', () => undefined);
    whenProtocolKnown(socket, (protocol) => {
      switch (protocol) {
        case 'amqp':
          this.#brokers.set(socket, this.#openBroker(socket));
          break;
        case 'http':
          this.#administration.emit('connection', socket);
          break;
        case 'tls':
          socket.destroy();
          break;
      }
    });
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
}
