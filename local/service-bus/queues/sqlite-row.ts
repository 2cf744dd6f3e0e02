import type { SQLOutputValue } from 'node:sqlite';

export type Row = Readonly<Record<string, SQLOutputValue>>;

export function integerColumn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') {
    throw wrongType(column, 'an integer');
  }
  return value;
}

export function optionalInteger(row: Row, column: string): number | undefined {
  const value = row[column];
  return typeof value === 'number' ? value : undefined;
}

export function booleanColumn(row: Row, column: string): boolean {
  return integerColumn(row, column) !== 0;
}

/** A blob, without copying it. */
export function bytesColumn(row: Row, column: string): Buffer {
  const value = row[column];
  if (!(value instanceof Uint8Array)) {
    throw wrongType(column, 'a blob');
  }
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function wrongType(column: string, wanted: string): Error {
  return new Error(
    `Column '${column}' of the Service Bus database is not ${wanted}: the file was changed by someone else.`,
  );
}
