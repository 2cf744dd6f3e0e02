import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { BrokerConnection } from './broker-connection.ts';
import { QueueEngine, type QueueCounts } from './queue-engine.ts';
import type { QueueSettings } from './queue-settings.ts';
import { QueueStore } from './queue-store.ts';
import { createContainer } from './rhea-seam.ts';

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
  /** Cuts every client off, as a network fault would. They may connect again at once. */
  readonly dropConnections: () => void;
  /** Commits what has arrived, cuts every client off and closes the database. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts an embedded Azure Service Bus for the unmodified `@azure/service-bus` with `UseDevelopmentEmulator=true`:
 * queues with peek-lock and receive-and-delete, dead-letter queues, scheduling, duplicate detection, peek and lock
 * renewal, over AMQP 1.0. Sessions, topics, transactions and deferral are refused by name.
 *
 * What was acknowledged outlives a SIGKILL. A message that was locked stays locked until its lock ends, as on the
 * service, so that a receiver that outlives the broker can still complete it; then it is delivered again.
 *
 * Throws when the port is taken, or the database is open in another process or of another version.
 */
export async function startServiceBus(settings: ServiceBusSettings): Promise<ServiceBus> {
  const log = settings.log ?? (() => undefined);
  const keyName = settings.keyName ?? 'RootManageSharedAccessKey';
  const sockets = new Set<Socket>();
  const dropConnections = (): void => {
    for (const socket of sockets) {
      socket.destroy();
    }
  };
  const now = (): number => Date.now();
  const store = new QueueStore(settings.databasePath);
  const engine = new QueueEngine({
    store,
    queues: settings.queues,
    now,
    onFailure: (error) => {
      log(`a transaction failed, nothing of it was acknowledged: ${String(error)}`);
      dropConnections();
    },
  });
  const container = createContainer(log);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const connection = { socket, container, engine, sharedKey: { keyName, key: settings.key }, now, log };
    void new BrokerConnection(connection);
  });
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
    dropConnections,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      dropConnections();
      await closed;
      close();
    },
  };
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
