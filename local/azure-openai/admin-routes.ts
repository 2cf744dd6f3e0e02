import type { AdminRequest } from '../admin/admin-request.ts';
import { Problem, readAdmin } from '../admin/problem.ts';
import { administerFaults } from './fault-routes.ts';
import type { ModelFaults } from './model-faults.ts';
import { callsQuery, deploymentChange, regionChange, usageQuery } from './admin-schemas.ts';
import type { CallBook } from './call-book.ts';
import { countersReport } from './counters-report.ts';
import { changeFaces } from './change-faces.ts';
import type { Region } from './region.ts';
import type { RegionServer } from './region-server.ts';
import { usageReport } from './usage-report.ts';

/** What the admin endpoint reads and changes. */
export interface Administered {
  readonly book: CallBook;
  readonly faults: ModelFaults;
  readonly now: () => number;
  readonly startedAt: number;
  readonly regions: ReadonlyMap<string, { readonly region: Region; readonly server: RegionServer }>;
  /** Empties log, counters and windows, and puts back limits, faces, latency and faults as they were set. */
  readonly reset: () => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * The admin endpoint's operations: `GET counters`, `GET usage?from=&before=`, `GET calls?after=&limit=`,
 * `PATCH regions/{region}`, `PATCH regions/{region}/deployments/{deployment}`, `POST reset`, and the faults' (fault-routes.ts).
 * Gives the answer's JSON; throws a `Problem`. Changes last until the process ends.
 */
export async function administer(on: Administered, request: AdminRequest): Promise<unknown> {
  const { method, path } = request;
  const [area, name = '', part, item = ''] = path;
  if (area === 'azure-openai' || (area === 'regions' && part === 'faults')) {
    return administerFaults(on, request);
  }
  switch (`${method} ${area ?? ''}${path.length > 1 ? '/{region}' : ''}${part === undefined ? '' : `/${part}`}`) {
    case 'GET counters':
      return counters(on);
    case 'GET calls': {
      const question = readAdmin(callsQuery, request.query);
      const calls = on.book.page(question);
      return { calls, next: calls.at(-1)?.number ?? question.after };
    }
    case 'GET usage':
      return usage(on, request.query);
    case 'POST reset':
      await on.reset();
      return { isReset: true };
    case 'PATCH regions/{region}':
      return changeRegion(on, name, request.body);
    case 'PATCH regions/{region}/deployments':
      return changeDeployment(on, { region: name, deployment: item }, request.body);
    default:
      throw new Problem(404, `The admin endpoint has no ${method} /admin/${path.join('/')}.`);
  }
}

function counters(on: Administered): unknown {
  const regions = [...on.regions.values()].map(({ region, server }) => ({
    region,
    endpoint: `http://127.0.0.1:${server.port}`,
    isDown: server.isDown,
  }));
  return countersReport({ book: on.book, faults: on.faults, now: on.now(), startedAt: on.startedAt, regions });
}

function usage(on: Administered, query: AdminRequest['query']): unknown {
  const now = on.now();
  const { from = on.startedAt, before = now + 1 } = readAdmin(usageQuery, query);
  const regions = [...on.regions.values()].map(({ region }) => region);
  return usageReport({ book: on.book, now, regions, interval: { from, before } });
}

async function changeRegion(on: Administered, name: string, body: unknown): Promise<unknown> {
  const { region, server } = find(on, name);
  const change = readAdmin(regionChange, body);
  const { firstTokenMs, tokensPerSecond, tailProbability, tailFactor } = region.latency;
  region.latency = {
    firstTokenMs: change.latency?.firstTokenMs ?? firstTokenMs,
    tokensPerSecond: change.latency?.tokensPerSecond ?? tokensPerSecond,
    tailProbability: change.latency?.tailProbability ?? tailProbability,
    tailFactor: change.latency?.tailFactor ?? tailFactor,
  };
  if (change.isDown === true) {
    await server.close();
  } else if (change.isDown === false) {
    await server.open();
  }
  on.log(`azure-openai: ${name} is ${server.isDown ? 'down' : 'up'}`);
  return { region: name, isDown: server.isDown, latency: region.latency };
}

function changeDeployment(
  on: Administered,
  place: { readonly region: string; readonly deployment: string },
  body: unknown,
): unknown {
  const deployment = find(on, place.region).region.deployments.get(place.deployment);
  if (deployment === undefined) {
    throw new Problem(404, `${place.region} has no deployment ${place.deployment}.`);
  }
  const faces = changeFaces(deployment, readAdmin(deploymentChange, body), on.now());
  on.log(`azure-openai: ${deployment.limiterKey} now has ${JSON.stringify(faces)}`);
  return faces;
}

function find(on: Administered, name: string): { readonly region: Region; readonly server: RegionServer } {
  const found = on.regions.get(name);
  if (found === undefined) {
    throw new Problem(404, `There is no region ${name}. There are: ${[...on.regions.keys()].join(', ')}.`);
  }
  return found;
}
