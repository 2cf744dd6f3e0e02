/** How long what does nothing is kept. Milliseconds. */
export interface ConnectionLimits {
  /** Until a connection is opened by AMQP. */
  readonly handshakeMs: number;
  /** `idle-time-out` that clients are told. A client that sends nothing for twice as long, not even an empty frame, has gone. */
  readonly idleTimeOutMs: number;
  /** A link without a transfer, flow or settlement is detached. */
  readonly idleLinkMs: number;
  /** A connection without a link is closed. */
  readonly idleConnectionMs: number;
}

/** As on the service (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-troubleshoot). */
export const usualLimits: ConnectionLimits = {
  handshakeMs: 60_000,
  idleTimeOutMs: 120_000,
  idleLinkMs: 600_000,
  idleConnectionMs: 300_000,
};
