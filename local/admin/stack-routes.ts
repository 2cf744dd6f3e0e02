import type { CosmosFaults } from '../cosmos/cosmos-faults.ts';
import type { PartSwitch } from '../parts/part-switch.ts';
import type { ServiceBusFaults } from '../service-bus/service-bus-faults.ts';
import type { ServiceBus } from '../service-bus/start-service-bus.ts';
import { seededRandom } from '../azure-openai/seeded-random.ts';
import type { Administer } from './admin-request.ts';
import { listFaults } from './book-routes.ts';
import { cosmosRoutes } from './cosmos-routes.ts';
import { partRoutes } from './part-routes.ts';
import { routeTable, type AdminRoute } from './route-table.ts';
import { serviceBusRoutes } from './service-bus-routes.ts';

/** The parts of a running stack, as its admin endpoint reaches them. */
export interface AdministeredStack {
  readonly seed: number;
  readonly faults: { readonly cosmos: CosmosFaults; readonly serviceBus: ServiceBusFaults };
  readonly containers: readonly string[];
  readonly queues: readonly string[];
  /** Undefined while it is down. */
  readonly serviceBus: () => ServiceBus | undefined;
  readonly parts: ReadonlyMap<string, PartSwitch>;
}

/** The admin endpoint of the whole stack, laid over that of the simulated regions. */
export function administerStack(stack: AdministeredStack, regions: Administer): Administer {
  const { faults, queues, serviceBus } = stack;
  const random = seededRandom(stack.seed, 'service-bus', 'share');
  const routes = [
    ...allFaults(stack, regions),
    ...cosmosRoutes(faults.cosmos, stack.containers),
    ...serviceBusRoutes({ faults: faults.serviceBus, queues, running: serviceBus, random }),
    ...partRoutes(stack.parts),
  ];
  const about = (route: string, text: string): AdminRoute => ({ route, about: text, handle: () => undefined });
  const listed = [...routes, ...regionRoutes.map(([route, text]) => about(route, text))].map(
    ({ about: text, route }) => ({ route: route.replace(' ', ' /admin/'), about: text }),
  );
  const help: AdminRoute = {
    route: 'GET /',
    about: 'This list.',
    handle: () => ({ routes: [{ route: 'GET /admin', about: 'This list.' }, ...listed] }),
  };
  return routeTable([help, ...routes], regions);
}

/** Those of `azure-openai/admin-routes.ts` and `azure-openai/fault-routes.ts`. */
const regionRoutes: readonly (readonly [route: string, about: string])[] = [
  ['GET azure-openai/faults', 'Every model fault since the start, with how many times each was taken.'],
  ['POST azure-openai/faults', 'Adds a model fault, by row or by status, for all regions or one.'],
  ['DELETE azure-openai/faults', 'Ends all model faults.'],
  ['DELETE azure-openai/faults/{id}', 'Ends one model fault.'],
  ['GET regions/{region}/faults', 'The same for one region, with those for all.'],
  ['POST regions/{region}/faults', 'Adds a model fault for the region.'],
  ['DELETE regions/{region}/faults', 'Ends the faults of the region.'],
  ['DELETE regions/{region}/faults/{id}', 'Ends one model fault.'],
  ['GET counters', 'Calls, windows and limits of every deployment and limiter.'],
  ['GET usage', 'Sums of an interval: ?from=&before= in epoch ms.'],
  ['GET calls', 'Our calls one by one: ?after=&limit=.'],
  ['PATCH regions/{region}', 'Changes latency, or takes the region down: isDown.'],
  ['PATCH regions/{region}/deployments/{deployment}', 'Changes limits and faces.'],
  ['POST reset', 'Empties log, counters, windows and model faults of the regions.'],
];

function allFaults({ faults }: AdministeredStack, regions: Administer): readonly AdminRoute[] {
  const ofModels = async (method: string): Promise<unknown> =>
    regions({ method, path: ['azure-openai', 'faults'], query: {}, body: {} });
  return [
    {
      route: 'GET faults',
      about: 'The faults of all parts.',
      handle: async () => ({
        cosmos: listFaults(faults.cosmos.book),
        'service-bus': listFaults(faults.serviceBus.book),
        'azure-openai': await ofModels('GET'),
      }),
    },
    {
      route: 'DELETE faults',
      about: 'Ends the faults of all parts and lifts the limits of the containers.',
      handle: async () => {
        faults.cosmos.liftLimits();
        faults.cosmos.book.clear();
        faults.serviceBus.book.clear();
        await ofModels('DELETE');
        return { isCleared: true };
      },
    },
  ];
}
