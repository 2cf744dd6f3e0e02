import type { Socket } from 'node:net';
import rhea from 'rhea';
import type { AmqpError } from './amqp-error.ts';

/**
 * The one place that knows rhea 3.0.5 from inside. Its published types leave out what a broker needs (the local attach
 * frame, sessions' delivery buffers) and give `any` for the rest, so what is used is written down here and checked by
 * name at run time.
 */

/** An encoded AMQP value as rhea holds it. */
export interface RheaTyped {
  readonly type: { readonly typecode: number };
  readonly value: unknown;
  readonly descriptor?: RheaTyped;
}

export interface RheaFrame<Performative> {
  readonly performative: Performative;
  payload?: Buffer | undefined;
}

export interface TransferFields {
  readonly handle: number;
  readonly delivery_id: number | null | undefined;
  readonly aborted: boolean | null | undefined;
  readonly more: boolean | undefined;
  message_format: number | null | undefined;
}

export interface FlowFields {
  readonly handle: number | null | undefined;
  readonly echo: boolean | null | undefined;
}

export interface AttachFields {
  readonly name: string;
  /** True when it comes from a receiver. */
  readonly role: boolean;
  source: unknown;
  target: unknown;
}

export interface DispositionFields {
  /** True when it comes from a receiver. */
  readonly role: boolean;
  readonly first: number;
  readonly last: number | null | undefined;
  readonly settled: boolean | null | undefined;
  readonly state: unknown;
}

interface RheaTerminus {
  readonly address: string | null | undefined;
  readonly filter?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface RheaLink {
  name: string;
  readonly session: RheaSession;
  readonly connection: RheaConnection;
  readonly local: {
    readonly detach: unknown;
    readonly attach: {
      readonly name: string;
      max_message_size: number;
      snd_settle_mode: number;
      rcv_settle_mode: number;
      properties: Readonly<Record<string, unknown>>;
    };
  };
  readonly snd_settle_mode: number | null | undefined;
  readonly rcv_settle_mode: number | null | undefined;
  readonly properties: Readonly<Record<string, unknown>> | null | undefined;
  readonly source: RheaTerminus | null | undefined;
  readonly target: RheaTerminus | null | undefined;
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  /** What the peer asked for in its last flow. */
  readonly _draining: boolean | undefined;
  _incomplete: { settled: boolean } | undefined;
  _process: () => void;
  _get_drain: () => boolean;
  set_source: (fields: { readonly address: string; readonly filter?: Readonly<Record<string, unknown>> }) => void;
  set_target: (fields: { readonly address: string }) => void;
  is_open: () => boolean;
  is_remote_open: () => boolean;
  is_receiver: () => boolean;
  close: (error?: AmqpError) => void;
  /** Forgets it, without a frame. */
  remove: () => void;
  send: (bytes: Buffer, tag: Buffer, format: number) => { readonly id: number };
  add_credit: (credit: number) => void;
  on: (event: string, listener: (context: unknown) => void) => void;
}

export interface PendingDisposition {
  readonly id: number;
  readonly link: RheaLink;
  readonly settled: boolean;
  readonly state: unknown;
}

export interface RheaSession {
  readonly connection: RheaConnection;
  /** By `name`. */
  readonly links: Record<string, RheaLink | undefined>;
  readonly remote: { readonly handles: Readonly<Record<number, RheaLink | undefined>> };
  readonly outgoing: {
    readonly deliveries: {
      pop_if: (finished: (delivery: { readonly id: number }) => boolean) => number;
    };
    /** Deliveries waiting for their disposition to be written. */
    pending_dispositions: PendingDisposition[];
    process: () => void;
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    available: () => number;
    transfer_window: () => number;
  };
  readonly incoming: {
    /** As `pending_dispositions`, of what the peer sent. */
    updated: PendingDisposition[];
    process: (session: RheaSession) => void;
    next_transfer_id: number;
    next_delivery_id: number | undefined;
  };
  _write_flow: () => void;
  on_attach: (frame: RheaFrame<AttachFields>) => void;
  on_transfer: (frame: RheaFrame<TransferFields>) => void;
  on_disposition: (frame: RheaFrame<DispositionFields>) => void;
  on_flow: (frame: RheaFrame<FlowFields>) => void;
}

export interface RheaConnection {
  accept: (socket: Socket) => void;
  input: (bytes: Buffer) => void;
  /** The size of the frame that has arrived in part. */
  readonly frame_size: number | undefined;
  readonly local: { readonly close: { error: AmqpError | undefined } };
  is_open: () => boolean;
  close: (error?: AmqpError) => void;
  _write_close: () => void;
  eof: () => void;
  on: (event: string, listener: (context: unknown) => void) => void;
  _register: () => void;
  _process: () => void;
  /** Writes the frames that wait in `transport`. */
  output: () => void;
  readonly transport: { write: (to: { readonly write: (frame: Buffer) => unknown }) => unknown };
}

export interface RheaDelivery {
  update: (settled: boolean, state: unknown) => void;
}

/** What an event handler is given; the link is `receiver` when the peer sends, `sender` when it receives. */
export interface RheaContext {
  readonly connection: RheaConnection;
  readonly session?: RheaSession;
  readonly sender?: RheaLink;
  readonly receiver?: RheaLink;
  readonly message?: unknown;
  readonly delivery?: RheaDelivery;
  readonly format?: number;
}

interface RheaOutcome {
  readonly described: () => unknown;
}

interface RheaMessages {
  readonly accepted: () => RheaOutcome;
  readonly rejected: (fields: { readonly error: AmqpError }) => RheaOutcome;
}

interface RheaTypes {
  readonly wrap_long: (bytes: Buffer) => unknown;
  readonly Writer: new () => { write: (value: unknown) => void; toBuffer: () => Buffer };
}

const messages = checked<RheaMessages>(rhea.message, ['accepted', 'rejected']);
const types = checked<RheaTypes>(rhea.types, ['Writer', 'wrap_long']);

/** The service's largest frame: without it the SDK never splits a transfer. */
export const maxFrameBytes = 65_536;
/** How many transfers a sender may have in flight. */
const intakeCredit = 500;

export interface RheaContainer {
  /** @param prepare sees the connection before its first bytes */
  readonly accept: (socket: Socket, prepare: (connection: RheaConnection) => void) => RheaConnection;
}

/**
 * @param idleTimeOutMs is told to clients, and kept to: see `ConnectionLimits`
 * @param report gets what rhea finds wrong with a peer; without a listener rhea would throw it
 */
export function createContainer(report: (problem: string) => void, idleTimeOutMs: number): RheaContainer {
  const container = rhea.create_container({
    id: 'sluice-service-bus',
    autoaccept: false,
    autosettle: false,
    treat_modified_as_released: false,
    credit_window: intakeCredit,
  });
  const troubles = ['error', 'protocol_error', 'connection_error', 'session_error', 'receiver_error', 'sender_error'];
  for (const trouble of troubles) {
    container.on(trouble, (problem: unknown) => {
      report(`${trouble}: ${problem instanceof Error ? problem.message : 'reported by the peer'}`);
    });
  }
  container.on('disconnected', () => undefined);
  return {
    accept(socket, prepare) {
      const options = {
        port: 0,
        reconnect: false,
        max_frame_size: maxFrameBytes,
        tcp_no_delay: true,
        idle_time_out: idleTimeOutMs,
      };
      const connection = checked<RheaConnection>(container.create_connection(options), [
        'accept',
        'input',
        'close',
        '_write_close',
        'eof',
        'on',
        '_register',
        '_process',
        'output',
        'transport',
      ]);
      prepare(connection);
      connection.accept(socket);
      return connection;
    },
  };
}

export function asContext(context: unknown): RheaContext {
  return checked<RheaContext>(context, ['connection']);
}

/**
 * Lets a second link of the same name be attached, in the other direction: rhea tells links by their names alone. The
 * name in its own attach stays.
 */
export function setAsideName(link: RheaLink): void {
  const { links } = link.session;
  Reflect.deleteProperty(links, link.name);
  link.name = `${link.name} (${link.is_receiver() ? 'in' : 'out'})`;
  links[link.name] = link;
}

/** Keeps rhea from answering an attach, until the function that this returns is called. */
export function holdAttach(link: RheaLink): () => void {
  link._process = () => undefined;
  return () => {
    Reflect.deleteProperty(link, '_process');
    link.connection._register();
  };
}

/** An int64 for a map that rhea encodes. @param bytes big-endian */
export function typedLong(bytes: Buffer): unknown {
  return types.wrap_long(bytes);
}

export function isTyped(value: unknown): value is RheaTyped {
  return typeof value === 'object' && value !== null && 'type' in value && 'value' in value;
}

/** The bytes of a value that rhea decoded, with the type that it came in. */
export function encodeTyped(value: RheaTyped): Buffer {
  const writer = new types.Writer();
  writer.write(value);
  return Buffer.from(writer.toBuffer());
}

const acceptedState: unknown = messages.accepted().described();

/** The delivery state that answers a delivery: accepted, or rejected with an error. */
export function deliveryState(error: AmqpError | undefined): unknown {
  return error === undefined ? acceptedState : messages.rejected({ error }).described();
}

/** Whether a delivery state is that of an accepted delivery. */
export function isAccepted(state: unknown): boolean {
  return state === acceptedState;
}

function checked<Shape>(value: unknown, members: readonly (keyof Shape & string)[]): Shape {
  if (!hasMembers<Shape>(value, members)) {
    throw new Error(`This is not the rhea that the embedded Service Bus was written for: no ${members.join(', ')}.`);
  }
  return value;
}

function hasMembers<Shape>(value: unknown, members: readonly (keyof Shape & string)[]): value is Shape {
  return typeof value === 'object' && value !== null && members.every((member) => member in value);
}
