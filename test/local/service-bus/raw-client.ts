import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { endOfValue, readItems, readValue, type AmqpValue } from '../../../local/service-bus/amqp/amqp-decode.ts';
import {
  encodeBinary,
  encodedFalse,
  encodedNull,
  encodedTrue,
  encodeList,
  encodeMap,
  encodeSection,
  encodeString,
  encodeUbyte,
  encodeUint,
} from '../../../local/service-bus/amqp/amqp-encode.ts';

/** Descriptors of the performatives (OASIS AMQP 1.0, part 2, section 2.7). */
export const performatives = {
  open: 0x10,
  begin: 0x11,
  attach: 0x12,
  flow: 0x13,
  transfer: 0x14,
  disposition: 0x15,
  detach: 0x16,
  end: 0x17,
  close: 0x18,
} as const;

export type PerformativeName = keyof typeof performatives;

/** Descriptors of outcomes (part 3, section 3.4). */
export const outcomes = { accepted: 0x24, rejected: 0x25, released: 0x26, modified: 0x27 } as const;

export interface Frame {
  /** Undefined for an empty frame, which only says that the peer is there. */
  readonly code: number | undefined;
  readonly fields: readonly AmqpValue[];
  /** The fields, still encoded. */
  readonly encoded: readonly Buffer[];
  readonly payload: Buffer;
  readonly bytes: number;
}

export const amqpHeader = Buffer.from('AMQP\u0000\u0001\u0000\u0000', 'latin1');
const wide = encodeUint(4_294_967_295);

/** A client that speaks AMQP frame by frame, and knows no library. */
export class RawClient {
  readonly socket: Socket;
  #buffer = Buffer.alloc(0);
  #frames: Frame[] = [];
  #headers = 0;
  #wake: () => void = () => undefined;
  #isClosed = false;
  #nextHandle = 0;
  #nextDelivery = 0;

  constructor(t: TestContext, port: number) {
    this.socket = connect({ port, host: '127.0.0.1' });
    this.socket.on('data', (chunk) => this.#take(chunk));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
    t.after(() => this.socket.destroy());
  }

  /** Connects, opens a session and gets the right to everything. */
  static async open(
    t: TestContext,
    port: number,
    options: {
      readonly maxFrameBytes?: number;
      readonly idleTimeOutMs?: number;
      readonly incomingWindow?: number;
    } = {},
  ): Promise<RawClient> {
    const client = new RawClient(t, port);
    client.socket.write(amqpHeader);
    const idle = options.idleTimeOutMs === undefined ? encodedNull : encodeUint(options.idleTimeOutMs);
    const maxFrame = options.maxFrameBytes === undefined ? wide : encodeUint(options.maxFrameBytes);
    const channels = Buffer.from([0x60, 0xff, 0xff]);
    client.send('open', [encodeString('raw'), encodedNull, maxFrame, channels, idle]);
    await client.next('open');
    client.send('begin', [encodedNull, encodeUint(0), encodeUint(options.incomingWindow ?? 5000), wide]);
    await client.next('begin');
    await client.#authorise(port);
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(name: PerformativeName, fields: readonly Buffer[], payload: Buffer = Buffer.alloc(0)): void {
    this.socket.write(frameOf(name, fields, payload));
  }

  /** @returns the handle */
  attach(
    name: string,
    fields: {
      readonly role: 'sender' | 'receiver';
      readonly address: string;
      readonly sendMode?: number;
      readonly receiveMode?: number;
    },
  ): number {
    const handle = this.#nextHandle;
    this.#nextHandle += 1;
    this.send('attach', attachFields(name, { ...fields, handle }));
    return handle;
  }

  credit(handle: number, credit: number, options: { readonly drain?: boolean; readonly echo?: boolean } = {}): void {
    const session = [encodeUint(this.#nextDelivery), encodeUint(5000), encodeUint(this.#nextDelivery), wide];
    const flags = [encodedNull, flag(options.drain), flag(options.echo)];
    this.send('flow', [...session, encodeUint(handle), encodeUint(0), encodeUint(credit), ...flags]);
  }

  transfer(handle: number, message: Buffer, options: { readonly settled?: boolean } = {}): number {
    const id = this.newDelivery();
    this.send('transfer', transferFields({ handle, id, settled: options.settled ?? false, more: false }), message);
    return id;
  }

  newDelivery(): number {
    this.#nextDelivery += 1;
    return this.#nextDelivery - 1;
  }

  /** The next frame with this performative; others before it are passed over. */
  async next(name: PerformativeName): Promise<Frame> {
    return this.nextWhere(({ code }) => code === performatives[name]);
  }

  async nextWhere(isMeant: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const index = this.#frames.findIndex(isMeant);
      const frame = this.#frames[index];
      if (frame !== undefined) {
        this.#frames = this.#frames.slice(index + 1);
        return frame;
      }
      if (this.#isClosed) {
        throw new Error('The service closed the connection.');
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async closed(): Promise<void> {
    if (!this.#isClosed) {
      await once(this.socket, 'close');
    }
  }

  async #authorise(port: number): Promise<void> {
    const requests = this.attach('cbs-out', { role: 'sender', address: '$cbs' });
    const answers = this.attach('cbs-in', { role: 'receiver', address: '$cbs' });
    await this.next('attach');
    await this.next('attach');
    this.credit(answers, 1);
    const properties = putTokenProperties(port);
    const body = encodeString(namespaceToken(port));
    this.transfer(requests, request({ replyTo: 'cbs-in', properties, body }), { settled: true });
    await this.next('transfer');
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (this.#headers === 0 && this.#buffer.length >= 8) {
      this.#headers = 1;
      this.#buffer = this.#buffer.subarray(8);
    }
    while (this.#headers > 0 && this.#buffer.length >= 4 && this.#buffer.length >= this.#buffer.readUInt32BE(0)) {
      const size = this.#buffer.readUInt32BE(0);
      this.#frames.push(readFrame(this.#buffer.subarray(0, size)));
      this.#buffer = this.#buffer.subarray(size);
    }
    this.#wake();
  }
}

export function frameOf(name: PerformativeName, fields: readonly Buffer[], payload: Buffer = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([encodeSection(performatives[name], encodeList(fields)), payload]);
  const head = Buffer.from([0, 0, 0, 0, 2, 0, 0, 0]);
  head.writeUInt32BE(body.length + head.length, 0);
  return Buffer.concat([head, body]);
}

export function attachFields(
  name: string,
  fields: {
    readonly handle: number;
    readonly role: 'sender' | 'receiver';
    readonly address: string;
    readonly sendMode?: number;
    readonly receiveMode?: number;
  },
): Buffer[] {
  const source = encodeSection(0x28, encodeList([encodeString(fields.address)]));
  const target = encodeSection(0x29, encodeList([encodeString(fields.address)]));
  const modes = [fields.sendMode, fields.receiveMode].map((mode) =>
    mode === undefined ? encodedNull : encodeUbyte(mode),
  );
  const role = fields.role === 'receiver' ? encodedTrue : encodedFalse;
  const unsettled = [encodedNull, encodedNull, encodeUint(0)];
  return [encodeString(name), encodeUint(fields.handle), role, ...modes, source, target, ...unsettled];
}

export function transferFields(fields: {
  readonly handle: number;
  readonly id: number;
  readonly settled: boolean;
  readonly more: boolean;
  readonly aborted?: boolean;
}): Buffer[] {
  const tag = encodeBinary(Buffer.from(String(fields.id)));
  const start = [encodeUint(fields.handle), encodeUint(fields.id), tag, encodeUint(0)];
  const rest = [encodedNull, encodedNull, encodedNull, flag(fields.aborted)];
  return [...start, flag(fields.settled), flag(fields.more), ...rest];
}

export function dispositionFields(fields: {
  readonly first: number;
  readonly outcome: number;
  readonly settled: boolean;
}): Buffer[] {
  const state = encodeSection(fields.outcome, encodeList([]));
  return [encodedTrue, encodeUint(fields.first), encodedNull, flag(fields.settled), state];
}

/** A message with one data section. */
export function dataMessage(text: string): Buffer {
  return encodeSection(0x75, encodeBinary(Buffer.from(text)));
}

/** The payload of a transfer, section by section: the descriptor and what it describes. */
export function sectionsOf(payload: Buffer): Map<AmqpValue, AmqpValue> {
  const sections = new Map<AmqpValue, AmqpValue>();
  for (let start = 0; start < payload.length; start = endOfValue(payload, start)) {
    sections.set(readValue(payload, start + 1), readValue(payload, start));
  }
  return sections;
}

function flag(value: boolean | undefined): Buffer {
  return value === true ? encodedTrue : encodedFalse;
}

function readFrame(bytes: Buffer): Frame {
  const start = bytes.readUInt8(4) * 4;
  if (start >= bytes.length) {
    return { code: undefined, fields: [], encoded: [], payload: Buffer.alloc(0), bytes: bytes.length };
  }
  const encoded = readItems(bytes, start);
  const end = endOfValue(bytes, start);
  const fields = encoded.map((item) => readValue(item));
  return { code: bytes[start + 2], fields, encoded, payload: bytes.subarray(end), bytes: bytes.length };
}

/** A token for everything in the namespace of `serviceBusFixture`, for an hour. */
export function namespaceToken(port: number): string {
  const resource = encodeURIComponent(namespaceUri(port));
  const expiry = String(Math.floor(Date.now() / 1000) + 3600);
  const signature = createHmac('sha256', 'test-key').update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=RootManageSharedAccessKey`;
}

/** The application properties of a request to put it. */
export function putTokenProperties(port: number): Readonly<Record<string, string>> {
  return { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: namespaceUri(port) };
}

function namespaceUri(port: number): string {
  return `sb://localhost:${port}/`;
}

/** A request to `$cbs` or `$management`. @param fields.body an encoded value */
export function request(fields: {
  readonly replyTo: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Buffer;
}): Buffer {
  const none = [encodedNull, encodedNull, encodedNull];
  const entries = Object.entries(fields.properties).map(([key, value]) => [key, encodeString(value)] as const);
  return Buffer.concat([
    encodeSection(0x73, encodeList([encodeString('request-1'), ...none, encodeString(fields.replyTo)])),
    encodeSection(0x74, encodeMap(entries)),
    encodeSection(0x77, fields.body),
  ]);
}
