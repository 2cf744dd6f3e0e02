import type { Socket } from 'node:net';
import { conditions, type AmqpError } from '../amqp/amqp-error.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { RheaConnection, RheaLink } from '../amqp/rhea-seam.ts';

/** The service's sentence; hours, minutes and seconds are those of the limit. */
export function idleLink(link: RheaLink, idleLinkMs: number): AmqpError {
  const code = link.is_receiver() ? 'AmqpMessagePublisher' : 'AmqpMessageConsumer';
  const timeout = new Date(idleLinkMs).toISOString().slice(11, 19);
  return {
    condition: conditions.detachForced,
    description: `The link '${link.name}' is force detached. Details: ${code}.IdleTimerExpired: Idle timeout: ${timeout}.`,
  };
}

/** How long a client gets to answer the end of its connection. */
const closingMs = 1000;

/** Ends a connection that waited too long. Before it was opened nothing can be said about it. */
export function closeIdle(
  connection: RheaConnection,
  socket: Socket,
  { limits, waited }: { readonly limits: ConnectionLimits; readonly waited: 'handshake' | 'link' },
): void {
  if (waited === 'handshake') {
    socket.destroy();
    return;
  }
  connection.close({
    condition: conditions.connectionForced,
    description: `The connection was inactive for more than the allowed ${limits.idleConnectionMs} milliseconds and is closed by container 'LinkTracker'.`,
  });
  setTimeout(() => socket.destroy(), closingMs).unref();
}
