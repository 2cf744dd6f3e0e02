import { z } from 'zod';
import type { Random } from '../azure-openai/seeded-random.ts';
import { faultRate } from '../faults/fault-rate.ts';
import { conditions, type AmqpError } from '../service-bus/amqp/amqp-error.ts';
import {
  gatedOperations,
  refusalNames,
  type ServiceBusFault,
  type ServiceBusFaults,
} from '../service-bus/service-bus-faults.ts';
import type { ServiceBus } from '../service-bus/start-service-bus.ts';
import { bookRoutes } from './book-routes.ts';
import { Problem, readAdmin } from './problem.ts';
import type { AdminRoute } from './route-table.ts';

const serviceBusFault = z
  .strictObject({
    operation: z.enum(gatedOperations),
    queue: z.string().optional(),
    refusal: z.enum(refusalNames).optional(),
    reset: z.enum(['before', 'after']).optional(),
    delayMs: z.number().min(0).max(600_000).optional(),
    ...faultRate,
  })
  .refine(({ delayMs, refusal, reset }) => refusal ?? reset ?? delayMs, 'needs a refusal, a reset or a delayMs')
  .refine(({ refusal, reset }) => refusal === undefined || reset === undefined, {
    path: ['reset'],
    message: 'a connection that is reset gets no refusal',
  });

const share = z.number().gt(0).max(1).default(1);
const linkErrors = {
  'detach-forced': conditions.detachForced,
  'server-busy': conditions.serverBusy,
  'internal-error': conditions.internalError,
} as const;
const linkErrorNames = ['detach-forced', 'server-busy', 'internal-error'] as const;

const droppedLinks = z.strictObject({
  queue: z.string().optional(),
  role: z.enum(['sender', 'receiver']).optional(),
  share,
  error: z.enum(linkErrorNames).default('detach-forced'),
});
const lapsedLocks = z.strictObject({ share, isDeadLetterQueue: z.boolean().default(false) });

interface Bus {
  readonly faults: ServiceBusFaults;
  readonly queues: () => readonly string[];
  /** Undefined while it is down. */
  readonly running: () => ServiceBus | undefined;
  /** Draws which links and locks a share is. */
  readonly random: Random;
}

/** What goes wrong in Service Bus: with sends and settlements as they come, with connections, links and locks now. */
export function serviceBusRoutes(bus: Bus): readonly AdminRoute[] {
  return [
    ...bookRoutes('service-bus', bus.faults.book, (body) => readFault(bus, body)),
    {
      route: 'GET service-bus/queues',
      about: 'How many messages each queue has: active, locked, scheduled, deferred and dead-lettered.',
      handle: () => {
        const { counts } = up(bus);
        return Object.fromEntries(bus.queues().map((queue) => [queue, counts(queue)]));
      },
    },
    {
      route: 'POST service-bus/drop-connections',
      about: 'Cuts every connection.',
      handle: () => ({ dropped: up(bus).dropConnections() }),
    },
    {
      route: 'POST service-bus/drop-links',
      about: 'Detaches links with an error: of a queue, of senders or receivers, a share of them.',
      handle: ({ body }) => dropLinks(bus, body),
    },
    {
      route: 'POST service-bus/queues/{queue}/lapse-locks',
      about: 'Ends the locks of a queue, or a share of them, before their time.',
      handle: async ({ body }, { queue = '' }) => {
        const { isDeadLetterQueue, share: part } = readAdmin(lapsedLocks, body);
        const place = { queue: known(bus, queue), isDeadLetterQueue };
        return { lapsed: await up(bus).lapseLocks(place, () => bus.random() < part) };
      },
    },
  ];
}

function readFault(bus: Bus, body: unknown): ServiceBusFault {
  const fault = readAdmin(serviceBusFault, body);
  if (fault.queue !== undefined) {
    known(bus, fault.queue);
  }
  return fault;
}

function dropLinks(bus: Bus, body: unknown): { readonly dropped: number } {
  const { error: name, queue, role, share: part } = readAdmin(droppedLinks, body);
  const entity = queue === undefined ? undefined : known(bus, queue).toLowerCase();
  const error: AmqpError = {
    condition: linkErrors[name],
    description: 'The link is force detached by the broker. Detach origin: an injected fault.',
  };
  const dropped = up(bus).dropLinks(
    (link) =>
      (entity === undefined || link.entity === entity || link.entity.startsWith(`${entity}/`)) &&
      (role === undefined || link.role === role) &&
      bus.random() < part,
    error,
  );
  return { dropped };
}

function up({ running }: Bus): ServiceBus {
  const bus = running();
  if (bus === undefined) {
    throw new Problem(409, 'service-bus is down.');
  }
  return bus;
}

function known({ queues }: Bus, queue: string): string {
  const names = queues();
  if (!names.some((name) => name.toLowerCase() === queue.toLowerCase())) {
    throw new Problem(404, `There is no queue ${queue}. There are: ${names.join(', ')}.`);
  }
  return queue;
}
