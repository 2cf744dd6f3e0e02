import type { Administer, AdminRequest } from './admin-request.ts';
import { Problem } from './problem.ts';

/** One operation of the admin endpoint. */
export interface AdminRoute {
  /** `POST cosmos/faults/{id}`: a name in braces stands for one segment, below `/admin`. */
  readonly route: string;
  /** One line for the list at `GET /admin`. */
  readonly about: string;
  readonly handle: (request: AdminRequest, names: Readonly<Record<string, string>>) => unknown;
}

/** Answers what a route of the table is for, with the list of them at the root; anything else is a `Problem` (404). */
export function routeTable(table: readonly AdminRoute[]): Administer {
  const routes = [help(table), ...table];
  return async (request) => {
    for (const { handle, route } of routes) {
      const names = match(route, request);
      if (names !== undefined) {
        return handle(request, names);
      }
    }
    throw new Problem(404, `The admin endpoint has no ${request.method} /admin/${request.path.join('/')}.`);
  };
}

function help(table: readonly AdminRoute[]): AdminRoute {
  const about = 'This list.';
  const others = table.map((row) => ({ route: row.route.replace(' ', ' /admin/'), about: row.about }));
  return { route: 'GET /', about, handle: () => ({ routes: [{ route: 'GET /admin', about }, ...others] }) };
}

function match(route: string, { method, path }: AdminRequest): Readonly<Record<string, string>> | undefined {
  const [verb, pattern = ''] = route.split(' ');
  const segments = pattern.split('/').filter((segment) => segment !== '');
  if (verb !== method || segments.length !== path.length) {
    return undefined;
  }
  const names: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const given = path[index] ?? '';
    if (segment.startsWith('{')) {
      names[segment.slice(1, -1)] = given;
    } else if (segment !== given) {
      return undefined;
    }
  }
  return names;
}
