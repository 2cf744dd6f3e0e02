import { type Container, ErrorResponse, type ItemDefinition, TimeoutError } from '@azure/cosmos';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { AppError } from './errors.ts';
import type { DocumentStore, Stored } from './stored.ts';

/** Waits before each further try, in milliseconds; each is jittered. One retry layer: the SDK retries 429 alone. */
const retryDelaysMs = [20, 80, 250, 700, 1500] as const;

/** Statuses after which the same conditional write may be sent again: it is idempotent by its condition. */
const transientStatuses = new Set([408, 410, 429, 449, 500, 503]);

/** The document store on a Cosmos container whose partition key is `/id`. */
export function cosmosDocuments<Document extends { readonly id: string }>(
  container: Container,
  schema: z.ZodType<Document>,
): DocumentStore<Document> {
  const name = container.id;
  return {
    read: async (id) =>
      withCosmosRetries(`Reading ${name}/${id}`, async () => {
        const response = await container.item(id, id).read<ItemDefinition>();
        return response.statusCode === 404 || response.resource === undefined
          ? undefined
          : toStored(schema, response.resource, `${name}/${id}`);
      }),
    create: async (document) =>
      withCosmosRetries(`Creating ${name}/${document.id}`, async () => {
        try {
          const response = await container.items.create(document);
          return { document, version: response.etag };
        } catch (error) {
          if (statusOf(error) === 409) {
            return 'exists';
          }
          throw error;
        }
      }),
    replace: async (document, version) =>
      withCosmosRetries(`Replacing ${name}/${document.id}`, async () => {
        try {
          const response = await container.item(document.id, document.id).replace(document, {
            accessCondition: { type: 'IfMatch', condition: version },
          });
          return { document, version: response.etag };
        } catch (error) {
          const status = statusOf(error);
          if (status === 412 || status === 404) {
            return 'conflict';
          }
          throw error;
        }
      }),
  };
}

/**
 * Runs a Cosmos call, again after transient faults (throttling, time-outs, resets).
 *
 * @throws AppError `cosmos.unavailable` when it stays away, `cosmos.refused` when the answer will not change
 */
export async function withCosmosRetries<Result>(what: string, call: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined && !isWireFault(error)) {
        throw error;
      }
      if (!isTransient(error)) {
        const message = `${what} was refused by Cosmos DB (${String(status)}). Check the database, the containers and the app's data role.`;
        throw new AppError('cosmos.refused', message, { cause: error });
      }
      const delayMs = retryDelaysMs[tries];
      if (delayMs === undefined) {
        const message = `${what} failed: Cosmos DB did not answer or throttled. It is tried again with the next call.`;
        throw new AppError('cosmos.unavailable', message, { cause: error, isRetryable: true });
      }
      await sleep(delayMs * (0.5 + Math.random()));
    }
  }
}

/** The HTTP status of an SDK error; undefined for a fault of the wire. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ErrorResponse && typeof error.code === 'number' ? error.code : undefined;
}

function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  return status === undefined ? isWireFault(error) : transientStatuses.has(status);
}

/** A connection that failed, broke or timed out: the SDK throws what its HTTP client threw. */
export function isWireFault(error: unknown): boolean {
  if (error instanceof TimeoutError) {
    return true;
  }
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return (
    typeof code === 'string' && /^(?:E[A-Z]+|UND_ERR_[A-Z_]+|REQUEST_SEND_ERROR|PARSE_ERROR|TimeoutError)$/u.test(code)
  );
}

/** @throws AppError `cosmos.unreadable` */
export function toStored<Document>(
  schema: z.ZodType<Document>,
  resource: ItemDefinition,
  where: string,
): Stored<Document> {
  const { _etag: version, _rid, _self, _attachments, _ts, ...rest } = resource;
  const parsed = schema.safeParse(rest);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const message = `The document ${where} cannot be read: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. A newer version may have written it.`;
    throw new AppError('cosmos.unreadable', message, { cause: parsed.error });
  }
  return { document: parsed.data, version: String(version) };
}
