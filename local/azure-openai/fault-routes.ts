import type { AdminRequest } from '../admin/admin-request.ts';
import { Problem, readAdmin } from '../admin/problem.ts';
import type { FaultReport } from '../faults/fault-book.ts';
import { faultBody } from './admin-schemas.ts';
import type { Fault, ModelFaults } from './model-faults.ts';
import type { Region } from './region.ts';

interface Faulty {
  readonly faults: ModelFaults;
  readonly regions: ReadonlyMap<string, { readonly region: Region }>;
}

/**
 * The faults of the regions: `GET`, `POST` and `DELETE azure-openai/faults` for all of them, `regions/{region}/faults`
 * for one, and `DELETE …/faults/{id}`.
 */
export function administerFaults(on: Faulty, { body, method, path }: AdminRequest): unknown {
  const [area, second = '', , fourth] = path;
  const region = area === 'azure-openai' ? undefined : second;
  const id = region === undefined ? path[2] : fourth;
  if (path.length > (region === undefined ? 3 : 4) || (region === undefined && second !== 'faults')) {
    throw new Problem(404, `The admin endpoint has no ${method} /admin/${path.join('/')}.`);
  }
  if (region !== undefined) {
    requireRegion(on, region);
  }
  const { book } = on.faults;
  switch (`${method}${id === undefined ? '' : ' {id}'}`) {
    case 'GET':
      return listed(on.faults, region);
    case 'POST':
      return add(on, { ...readAdmin(faultBody, body), ...(region === undefined ? {} : { region }) });
    case 'DELETE':
      return { removed: book.clear((fault) => region === undefined || fault.region === region) };
    case 'DELETE {id}':
      if (!book.remove(id ?? '')) {
        throw new Problem(404, `There is no active fault ${id}.`);
      }
      return { removed: 1 };
    default:
      throw new Problem(404, `The admin endpoint has no ${method} /admin/${path.join('/')}.`);
  }
}

function listed(
  { book }: ModelFaults,
  region: string | undefined,
): { readonly faults: readonly FaultReport<Fault>[]; readonly taken: number } {
  const faults = book.list((fault) => region === undefined || fault.region === undefined || fault.region === region);
  return { faults, taken: faults.reduce((sum, { taken }) => sum + taken, 0) };
}

function add(on: Faulty, fault: Fault): { readonly id: string; readonly faults: number } {
  const { deployment, region } = fault;
  const regions = region === undefined ? [...on.regions.values()] : [requireRegion(on, region)];
  if (deployment !== undefined && !regions.some(({ region: { deployments } }) => deployments.has(deployment))) {
    throw new Problem(
      404,
      `${region ?? 'No region'} has ${region === undefined ? 'a' : 'no'} deployment ${deployment}.`,
    );
  }
  const id = on.faults.book.add(fault);
  return { id, faults: on.faults.book.size };
}

function requireRegion(on: Faulty, name: string): { readonly region: Region } {
  const found = on.regions.get(name);
  if (found === undefined) {
    throw new Problem(404, `There is no region ${name}. There are: ${[...on.regions.keys()].join(', ')}.`);
  }
  return found;
}
