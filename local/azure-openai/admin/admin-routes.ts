import type { AdminRequest } from '../../admin/admin-request.ts';
import { Problem, readAdmin } from '../../admin/problem.ts';
import type { AdminRoute } from '../../admin/route-table.ts';
import { faultRoutes } from '../faults/fault-routes.ts';
import type { ModelFaults } from '../faults/model-faults.ts';
import { callsQuery, deploymentChange, regionChange, usageQuery } from './admin-schemas.ts';
import type { CallBook } from '../calls/call-book.ts';
import { countersReport } from '../calls/counters-report.ts';
import { changeFaces } from './change-faces.ts';
import type { Region } from '../region.ts';
import type { RegionServer } from '../region-server.ts';
import { usageReport } from '../calls/usage-report.ts';

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

/** What the admin endpoint takes for the regions. Changes last until the process ends. */
export function regionRoutes(on: Administered): readonly AdminRoute[] {
  return [
    ...faultRoutes(on),
    {
      route: 'GET counters',
      about: 'Calls, windows and limits of every deployment and limiter.',
      handle: () => counters(on),
    },
    {
      route: 'GET usage',
      about: 'Sums of an interval, ?from=&before= in epoch ms.',
      handle: ({ query }) => usage(on, query),
    },
    { route: 'GET calls', about: 'The calls one by one, ?after=&limit=.', handle: ({ query }) => calls(on, query) },
    {
      route: 'POST reset',
      about: 'Empties log, counters, windows and model faults of the regions.',
      handle: async () => {
        await on.reset();
        return { isReset: true };
      },
    },
    {
      route: 'PATCH regions/{region}',
      about: 'Changes the latency of a region, or takes it down and brings it back: isDown.',
      handle: async ({ body }, { region = '' }) => changeRegion(on, region, body),
    },
    {
      route: 'PATCH regions/{region}/deployments/{deployment}',
      about: 'Changes the limits and the faces of a deployment.',
      handle: ({ body }, { deployment = '', region = '' }) => changeDeployment(on, { region, deployment }, body),
    },
  ];
}

function calls(on: Administered, query: AdminRequest['query']): unknown {
  const question = readAdmin(callsQuery, query);
  const page = on.book.page(question);
  return { calls: page, next: page.at(-1)?.number ?? question.after };
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
