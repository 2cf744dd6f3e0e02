import type { Environment } from './resolve-setting.ts';

const prefix = 'AzureFunctionsJobHost__';

/**
 * `host.json` with the settings over it that name a path in it, as in "Override host.json values":
 * `AzureFunctionsJobHost__extensions__http__routePrefix`. Values are text.
 *
 * @param names as they are written in the file, by their lower case
 */
export function overrideHostJson(json: unknown, environment: Environment, names: ReadonlyMap<string, string>): unknown {
  let overridden = json;
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && name.toLowerCase().startsWith(prefix.toLowerCase())) {
      const path = name.slice(prefix.length).split('__');
      const known = path.map((part) => names.get(part.toLowerCase()) ?? part);
      overridden = withValue(overridden, known, value);
    }
  }
  return overridden;
}

/** Names of the first three levels, which are those of the host and its extensions, in their usual spelling. */
export function withKnownNames(json: unknown, names: ReadonlyMap<string, string>, levels = 3): unknown {
  if (levels === 0 || typeof json !== 'object' || json === null || Array.isArray(json)) {
    return json;
  }
  const entries = Object.entries(json).map(([name, value]) => [
    names.get(name.toLowerCase()) ?? name,
    withKnownNames(value, names, levels - 1),
  ]);
  return Object.fromEntries(entries);
}

function withValue(json: unknown, [name, ...rest]: readonly string[], value: string): unknown {
  if (name === undefined) {
    return value;
  }
  const entries = typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.entries(json) : [];
  const object = new Map<string, unknown>(entries);
  return Object.fromEntries(object.set(name, withValue(object.get(name), rest, value)));
}
