import type { Json, JsonObject } from './json.ts';

type Holder = readonly Json[] | JsonObject;

/** Whether lists and objects lie in each other more than so many levels deep. It does not go down itself. */
export function isDeeperThan(levels: number, value: Json): boolean {
  let open = [value].filter(isHolder);
  for (let depth = 0; open.length > 0; depth += 1) {
    if (depth >= levels) {
      return true;
    }
    open = open.flatMap((holder) => Object.values(holder).filter(isHolder));
  }
  return false;
}

function isHolder(value: Json): value is Holder {
  return typeof value === 'object' && value !== null;
}
