import type { ModelFaults } from '../azure-openai/faults/model-faults.ts';
import { seededRandom } from '../azure-openai/seeded-random.ts';
import type { CosmosFaults } from '../cosmos/cosmos-faults.ts';
import type { Cosmos } from '../cosmos/start-cosmos.ts';
import type { PartSwitch } from '../parts/part-switch.ts';
import type { ServiceBusFaults } from '../service-bus/service-bus-faults.ts';
import type { ServiceBus } from '../service-bus/start-service-bus.ts';
import { listFaults } from './book-routes.ts';
import { cosmosRoutes } from './cosmos-routes.ts';
import { partRoutes } from './part-routes.ts';
import type { AdminRoute } from './route-table.ts';
import { serviceBusRoutes } from './service-bus-routes.ts';

/** The parts of a running stack, as its admin endpoint reaches them. */
export interface AdministeredStack {
  readonly seed: number;
  readonly faults: StackFaults;
  /** Those that exist from the start: told while a part is down and cannot be asked for what was made since. */
  readonly containers: readonly string[];
  readonly queues: readonly string[];
  /** Undefined while it is down. */
  readonly serviceBus: () => ServiceBus | undefined;
  readonly cosmos: () => Cosmos | undefined;
  readonly parts: ReadonlyMap<string, PartSwitch>;
}

export interface StackFaults {
  readonly cosmos: CosmosFaults;
  readonly serviceBus: ServiceBusFaults;
  readonly azureOpenAi: ModelFaults;
}

/** What the admin endpoint takes for the stack as a whole, Service Bus, Cosmos DB and the parts' coming and going. */
export function stackRoutes(stack: AdministeredStack): readonly AdminRoute[] {
  const { faults, serviceBus } = stack;
  const containers = (): readonly string[] => [...new Set(stack.cosmos()?.containers() ?? stack.containers)];
  const queues = (): readonly string[] => serviceBus()?.queues() ?? stack.queues;
  const random = seededRandom(stack.seed, 'service-bus', 'share');
  return [
    ...allFaults(faults),
    ...cosmosRoutes(faults.cosmos, containers),
    ...serviceBusRoutes({ faults: faults.serviceBus, queues, running: serviceBus, random }),
    ...partRoutes(stack.parts),
  ];
}

function allFaults({ azureOpenAi, cosmos, serviceBus }: StackFaults): readonly AdminRoute[] {
  return [
    {
      route: 'GET faults',
      about: 'The faults of all parts.',
      handle: () => ({
        cosmos: listFaults(cosmos.book),
        'service-bus': listFaults(serviceBus.book),
        'azure-openai': listFaults(azureOpenAi.book),
      }),
    },
    {
      route: 'DELETE faults',
      about: 'Ends the faults of all parts and lifts the limits of the containers.',
      handle: () => {
        cosmos.liftLimits();
        const removed = cosmos.book.clear() + serviceBus.book.clear() + azureOpenAi.book.clear();
        return { removed };
      },
    },
  ];
}
