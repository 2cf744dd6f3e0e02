import { z } from 'zod';
import { CosmosError } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import { mostPatchOperations, type PatchOperation } from './patch-item.ts';

/** The body of a patch: the operations, and the predicate that must hold (`FROM c WHERE …`). */
export interface PatchRequest {
  readonly operations: readonly PatchOperation[];
  readonly condition: string | undefined;
}

const json = z.custom<Json>((value) => value !== undefined);

const operationSchema = z.discriminatedUnion('op', [
  z.object({ op: z.enum(['add', 'set', 'replace']), path: z.string(), value: json }),
  z.object({ op: z.literal('remove'), path: z.string() }),
  z.object({ op: z.literal('incr'), path: z.string(), value: z.number() }),
  z.object({ op: z.literal('move'), from: z.string(), path: z.string() }),
]);

const requestSchema = z.union([
  z.array(operationSchema).transform((operations) => ({ operations, condition: undefined })),
  z.object({ operations: z.array(operationSchema), condition: z.string().optional() }),
]);

/** Reads a patch body: a list of operations, or `{operations, condition}`. Throws `CosmosError` (400). */
export function readPatchRequest(body: Json | undefined): PatchRequest {
  const read = requestSchema.safeParse(body);
  if (!read.success) {
    throw new CosmosError('BadRequest', `The patch is not valid: ${z.prettifyError(read.error)}`);
  }
  const { operations, condition } = read.data;
  if (operations.length === 0 || operations.length > mostPatchOperations) {
    throw new CosmosError(
      'BadRequest',
      `A patch has 1 to ${mostPatchOperations} operations, this one has ${operations.length}.`,
    );
  }
  return { operations, condition };
}
