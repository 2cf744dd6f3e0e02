import { bookRoutes, listFaults, removeFault } from '../../admin/book-routes.ts';
import { Problem, readAdmin } from '../../admin/problem.ts';
import type { AdminRoute } from '../../admin/route-table.ts';
import { faultBody } from '../admin/admin-schemas.ts';
import type { Fault, ModelFaults } from './model-faults.ts';
import type { Region } from '../region.ts';

interface Faulty {
  readonly faults: ModelFaults;
  readonly regions: ReadonlyMap<string, { readonly region: Region }>;
}

/** The faults of the regions: of all of them below `azure-openai`, of one below its own path. */
export function faultRoutes(on: Faulty): readonly AdminRoute[] {
  const { book } = on.faults;
  const read = (body: unknown): Fault => checked(on, readAdmin(faultBody, body));
  return [
    ...bookRoutes('azure-openai', book, read),
    {
      route: 'GET regions/{region}/faults',
      about: 'The model faults of a region, and those for all.',
      handle: (_request, { region = '' }) => {
        findRegion(on, region);
        return listFaults(book, (fault) => fault.region === undefined || fault.region === region);
      },
    },
    {
      route: 'POST regions/{region}/faults',
      about: 'Adds a model fault for a region.',
      handle: ({ body }, { region = '' }) => {
        findRegion(on, region);
        const id = book.add(checked(on, { ...readAdmin(faultBody, body), region }));
        return { id, faults: book.size };
      },
    },
    {
      route: 'DELETE regions/{region}/faults',
      about: 'Ends the model faults of a region; those for all go on.',
      handle: (_request, { region = '' }) => {
        findRegion(on, region);
        return { removed: book.clear((fault) => fault.region === region) };
      },
    },
    {
      route: 'DELETE regions/{region}/faults/{id}',
      about: 'Ends one model fault.',
      handle: (_request, { id = '', region = '' }) => {
        findRegion(on, region);
        return removeFault(book, id);
      },
    },
  ];
}

/** Throws a `Problem` for a region or a deployment that is not there. */
function checked(on: Faulty, fault: Fault): Fault {
  const { deployment, region } = fault;
  const regions = region === undefined ? [...on.regions.values()] : [findRegion(on, region)];
  if (deployment !== undefined && !regions.some(({ region: { deployments } }) => deployments.has(deployment))) {
    throw new Problem(404, `There is no deployment ${deployment} in ${region ?? 'any region'}.`);
  }
  return fault;
}

function findRegion(on: Faulty, name: string): { readonly region: Region } {
  const found = on.regions.get(name);
  if (found === undefined) {
    throw new Problem(404, `There is no region ${name}. There are: ${[...on.regions.keys()].join(', ')}.`);
  }
  return found;
}
