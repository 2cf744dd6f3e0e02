import { z } from 'zod';
import type { PartSwitch } from '../parts/part-switch.ts';
import { Problem, readAdmin } from './problem.ts';
import type { AdminRoute } from './route-table.ts';

const change = z.strictObject({ isDown: z.boolean() });
const restart = z.strictObject({ downMs: z.number().min(0).max(600_000).default(0) });

interface PartReport {
  readonly part: string;
  readonly isDown: boolean;
  /** How many times it has come back. */
  readonly restarts: number;
}

/** Takes parts of the stack down and brings them back. A region is a part under its own name. */
export function partRoutes(parts: ReadonlyMap<string, PartSwitch>): readonly AdminRoute[] {
  const find = (name: string): PartSwitch => {
    const found = parts.get(name);
    if (found === undefined) {
      throw new Problem(404, `There is no part ${name}. There are: ${[...parts.keys()].join(', ')}.`);
    }
    return found;
  };
  const report = (name: string): PartReport => {
    const { isDown, restarts } = find(name);
    return { part: name, isDown, restarts };
  };
  return [
    {
      route: 'GET parts',
      about: 'The parts of the stack: which are down, and how many times each has come back.',
      handle: () => ({ parts: [...parts.keys()].map((name) => report(name)) }),
    },
    {
      route: 'PATCH parts/{part}',
      about: 'Takes a part down or brings it back.',
      handle: async ({ body }, { part = '' }) => {
        const found = find(part);
        await (readAdmin(change, body).isDown ? found.close() : found.open());
        return report(part);
      },
    },
    {
      route: 'POST parts/{part}/restart',
      about: 'Takes a part down for downMs and brings it back with its state; answers when it is back.',
      handle: async ({ body }, { part = '' }) => {
        await find(part).restart(readAdmin(restart, body).downMs);
        return report(part);
      },
    },
  ];
}
