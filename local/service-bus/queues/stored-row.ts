import type { SQLOutputValue } from 'node:sqlite';
import type { MessageIndexRow, StoredMessage } from './queue-store.ts';

/** The columns that `storedMessage` reads, in its order: rows come as arrays, without their names. */
export const storedColumns = [
  'message.id',
  'sequence',
  'enqueue_sequence',
  'enqueued_at',
  'expires_at',
  'delivery_count',
  'once_scheduled',
  'deferred',
  'session',
  'locked_until',
  'durable',
  'priority',
  'ttl_ms',
  'annotations_end',
  'properties_end',
  'application_end',
  'content',
].join(', ');

/** A message from a row of a statement with `setReturnArrays`. Its sections are not copied out of the row's bytes. */
export function storedMessage(row: unknown): StoredMessage & { readonly lockedUntilMs: number | undefined } {
  const cells = isCells(row) ? row : [];
  const content = bytes(cells[16]);
  const annotationsEnd = integer(cells[13]);
  const propertiesEnd = integer(cells[14]);
  const applicationEnd = integer(cells[15]);
  return {
    id: integer(cells[0]),
    sequence: integer(cells[1]),
    enqueueSequence: integer(cells[2]),
    enqueuedAtMs: integer(cells[3]),
    expiresAtMs: maybeInteger(cells[4]),
    deliveryCount: integer(cells[5]),
    onceScheduled: cells[6] !== 0,
    deferred: cells[7] !== 0,
    session: maybeText(cells[8]),
    lockedUntilMs: maybeInteger(cells[9]),
    durable: cells[10] !== 0,
    priority: maybeInteger(cells[11]),
    ttlMs: maybeInteger(cells[12]),
    annotations: content.subarray(0, annotationsEnd),
    properties: content.subarray(annotationsEnd, propertiesEnd),
    applicationProperties: content.subarray(propertiesEnd, applicationEnd),
    body: content.subarray(applicationEnd),
  };
}

/** The columns that `indexRow` reads, in its order. */
export const indexColumns = 'id, sequence, due_at, lock_token, locked_until, delivery_count, deferred, session';

export function indexRow(row: unknown): MessageIndexRow {
  const cells = isCells(row) ? row : [];
  return {
    id: integer(cells[0]),
    sequence: integer(cells[1]),
    dueAtMs: maybeInteger(cells[2]),
    lockToken: maybeText(cells[3]),
    lockedUntilMs: maybeInteger(cells[4]) ?? 0,
    deliveryCount: integer(cells[5]),
    deferred: cells[6] !== 0,
    session: maybeText(cells[7]),
  };
}

function isCells(row: unknown): row is readonly SQLOutputValue[] {
  return Array.isArray(row);
}

function integer(cell: SQLOutputValue | undefined): number {
  if (typeof cell !== 'number') {
    throw wrongType('an integer');
  }
  return cell;
}

function maybeInteger(cell: SQLOutputValue | undefined): number | undefined {
  return typeof cell === 'number' ? cell : undefined;
}

function maybeText(cell: SQLOutputValue | undefined): string | undefined {
  return typeof cell === 'string' ? cell : undefined;
}

function bytes(cell: SQLOutputValue | undefined): Buffer {
  if (!(cell instanceof Uint8Array)) {
    throw wrongType('a blob');
  }
  return Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength);
}

function wrongType(wanted: string): Error {
  return new Error(`A message in the Service Bus database lacks ${wanted}: the file was changed by someone else.`);
}
