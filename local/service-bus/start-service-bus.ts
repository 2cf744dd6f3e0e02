import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Certificate } from '../tls/self-signed-certificate.ts';
import { createAdministrationServer } from './administration/serve-administration.ts';
import { entityNotFound, type AmqpError } from './amqp/amqp-error.ts';
import { BrokerConnection, type BrokerConnectionSettings, type MessageLink } from './connections/broker-connection.ts';
import { usualLimits, type ConnectionLimits } from './connections/connection-limits.ts';
import { ClientConnections } from './connections/client-connections.ts';
import type { QueueCounts } from './queues/queue-counts.ts';
import { QueueEngine } from './queues/queue-engine.ts';
import type { QueueSettings } from './queues/queue-settings.ts';
import { QueueStore } from './queues/queue-store.ts';
import { createContainer } from './amqp/rhea-seam.ts';
import { ServiceBusFaults } from './service-bus-faults.ts';

export interface ServiceBusSettings {
  /** 0 takes a free one. Loopback only. */
  readonly port: number;
  /** The SQLite file; made when it is not there. One process at a time. */
  readonly databasePath: string;
  /** The queues that exist. Messages of a queue that is no longer declared are kept until it is declared again. */
  readonly queues: readonly QueueSettings[];
  /** `RootManageSharedAccessKey` when absent. */
  readonly keyName?: string;
  /** The shared access key that tokens have to be signed with. */
  readonly key: string;
  /** For clients that speak TLS, on the same port; they are cut off when it is absent. */
  readonly certificate?: Certificate | undefined;
  /** What goes wrong; nothing when absent. */
  readonly faults?: ServiceBusFaults;
  /** How long idle links and connections are kept; as on the service when absent. */
  readonly limits?: Partial<ConnectionLimits>;
  readonly log?: (line: string) => void;
}

export interface ServiceBus {
  readonly port: number;
  /** For `new ServiceBusClient(…)`. */
  readonly connectionString: string;
  /**
   * How many messages of a queue are ready for delivery (`active`), held by receivers (`locked`), waiting for their time
   * (`scheduled`), and in its dead-letter queue, locked ones included. Throws for a queue that was not declared.
   */
  readonly counts: (queue: string) => QueueCounts;
  /** The names of all queues: declared, or made through the administration endpoint. */
  readonly queues: () => readonly string[];
  /** Cuts every client off, as a network fault would. They may connect again at once. @returns how many */
  readonly dropConnections: () => number;
  /** Detaches the links that are meant, with an error. Locks stay as they are. @returns how many */
  readonly dropLinks: (isMeant: (link: MessageLink) => boolean, error: AmqpError) => number;
  /**
   * Ends the locks of a queue, or of its dead-letter queue, before their time: all, or those that are chosen. Who holds
   * one learns it when it settles or renews. Throws for a queue that was not declared. @returns how many
   */
  readonly lapseLocks: (place: LockPlace, isChosen?: () => boolean) => Promise<number>;
  /** Commits what has arrived, cuts every client off and closes the database. */
  readonly stop: () => Promise<void>;
}

export interface LockPlace {
  readonly queue: string;
  readonly isDeadLetterQueue?: boolean | undefined;
}

/**
 * Starts an embedded Azure Service Bus for the unmodified `@azure/service-bus` with `UseDevelopmentEmulator=true`:
 * queues with peek-lock and receive-and-delete, sessions, dead-letter queues, scheduling, deferral, duplicate detection,
 * times to live, peek and lock renewal, over AMQP 1.0, and the administration of queues over HTTP on the same port.
 * Topics and transactions are refused by name.
 *
 * What was acknowledged outlives a SIGKILL. A message that was locked stays locked until its lock ends, as on the
 * service, so that a receiver that outlives the broker can still complete it; then it is delivered again.
 *
 * Throws when the port is taken, or the database is open in another process or of another version.
 */
export async function startServiceBus(settings: ServiceBusSettings): Promise<ServiceBus> {
  const log = settings.log ?? (() => undefined);
  const { faults = new ServiceBusFaults(0), keyName = 'RootManageSharedAccessKey' } = settings;
  const now = (): number => Date.now();
  const sharedKey = { keyName, key: settings.key };
  const store = new QueueStore(settings.databasePath);
  const engine = new QueueEngine({
    store,
    queues: settings.queues,
    now,
    onFailure: (error) => {
      log(`a transaction failed, nothing of it was acknowledged: ${String(error)}`);
      connections.drop();
    },
  });
  const connections = openConnections(settings, { engine, sharedKey, faults, now, log });
  const server = createServer((socket) => connections.take(socket));
  const close = (): void => {
    engine.close();
    store.close();
  };
  const port = await listen(server, settings.port).catch((error: unknown) => {
    close();
    throw error;
  });
  return {
    port,
    connectionString: `Endpoint=sb://localhost:${port};SharedAccessKeyName=${keyName};SharedAccessKey=${settings.key};UseDevelopmentEmulator=true`,
    counts: (queue) => engine.counts(queue),
    queues: () => queueNames(engine),
    dropConnections: () => connections.drop(),
    dropLinks: (isMeant, error) => connections.dropLinks(isMeant, error),
    lapseLocks: async (place, isChosen = () => true) => lapseLocks(engine, place, isChosen),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      connections.drop();
      await closed;
      close();
    },
  };
}

/** As they were spelled when they were made. */
function queueNames({ administration }: QueueEngine): readonly string[] {
  return administration.names().map((name) => administration.describe(name)?.settings.name ?? name);
}

function openConnections(
  { certificate, databasePath, limits: changed }: ServiceBusSettings,
  tools: Pick<BrokerConnectionSettings, 'engine' | 'sharedKey' | 'faults' | 'now' | 'log'>,
): ClientConnections {
  const limits = { ...usualLimits, ...changed };
  const container = createContainer(tools.log, limits.idleTimeOutMs);
  const connections = new ClientConnections({
    handshakeMs: limits.handshakeMs,
    openBroker: (socket) => new BrokerConnection({ socket, container, limits, ...tools }),
    certificate,
    administration: createAdministrationServer({
      ...tools,
      administration: tools.engine.administration,
      sinceMs: statSync(databasePath).birthtimeMs,
      onRemoved: (name) => {
        connections.dropLinks(({ entity }) => isOf(name, entity), entityNotFound(name));
      },
    }),
  });
  return connections;
}

/** Whether an entity is a queue or its dead-letter queue. */
function isOf(queue: string, entity: string): boolean {
  return entity === queue || entity === `${queue}/$deadletterqueue`;
}

async function lapseLocks(
  engine: QueueEngine,
  { isDeadLetterQueue = false, queue }: LockPlace,
  isChosen: () => boolean,
): Promise<number> {
  const entity = engine.find(queue.toLowerCase(), isDeadLetterQueue);
  if (entity === undefined) {
    throw new Error(`There is no queue '${queue}'.`);
  }
  const { promise, resolve } = Promise.withResolvers<number>();
  engine.lapse(entity, isChosen, resolve);
  return promise;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The Service Bus server did not get a TCP port.');
  }
  return address.port;
}
