import { z } from 'zod';
import { faultStatuses, type CosmosFault, type CosmosFaults } from '../cosmos/cosmos-faults.ts';
import { itemOperationNames } from '../cosmos/items/item-operation.ts';
import { faultRate } from '../faults/fault-rate.ts';
import { bookRoutes } from './book-routes.ts';
import { Problem, readAdmin } from './problem.ts';
import type { AdminRoute } from './route-table.ts';

const milliseconds = z.number().min(0).max(600_000);

const cosmosFault = z
  .strictObject({
    container: z.string().optional(),
    operations: z.array(z.enum(itemOperationNames)).min(1).optional(),
    idPrefix: z.string().min(1).optional(),
    status: z.literal([...faultStatuses]).optional(),
    retryAfterMs: milliseconds.optional(),
    substatus: z.int().min(0).optional(),
    reset: z.enum(['before', 'after']).optional(),
    delayMs: milliseconds.optional(),
    answerDelayMs: milliseconds.optional(),
    ...faultRate,
  })
  .refine(
    ({ answerDelayMs, delayMs, reset, status }) => status ?? reset ?? delayMs ?? answerDelayMs,
    'needs a status, a reset, a delayMs or an answerDelayMs',
  )
  .refine(({ reset, status }) => status === undefined || reset === undefined, {
    path: ['reset'],
    message: 'a connection that is reset gets no status',
  });

const throughput = z.strictObject({ requestUnitsPerSecond: z.number().positive().nullable() });

/** What goes wrong in Cosmos DB, and what its containers may spend. */
export function cosmosRoutes(faults: CosmosFaults, containers: () => readonly string[]): readonly AdminRoute[] {
  const known = (container: string): string => {
    if (!containers().includes(container)) {
      throw new Problem(404, `There is no container ${container}. There are: ${containers().join(', ')}.`);
    }
    return container;
  };
  const read = (body: unknown): CosmosFault => {
    const fault = readAdmin(cosmosFault, body);
    if (fault.container !== undefined) {
      known(fault.container);
    }
    return fault;
  };
  const shown = (container: string) => ({
    requestUnitsPerSecond: faults.budget(container)?.requestUnitsPerSecond ?? null,
    refused: faults.budget(container)?.refused ?? 0,
  });
  return [
    ...bookRoutes('cosmos', faults.book, read),
    {
      route: 'GET cosmos/throughput',
      about: 'The limits of the containers, and how many requests each refused.',
      handle: () => Object.fromEntries(containers().map((container) => [container, shown(container)])),
    },
    {
      route: 'PUT cosmos/throughput/{container}',
      about: 'Limits a container to request units a second; null lifts the limit.',
      handle: ({ body }, { container = '' }) => {
        const { requestUnitsPerSecond } = readAdmin(throughput, body);
        faults.limit(known(container), requestUnitsPerSecond ?? undefined);
        return { container, ...shown(container) };
      },
    },
  ];
}
