export type Environment = Readonly<Record<string, string | undefined>>;

/** Replaces each `%Name%` with the app setting of that name. @throws naming the setting that is missing. */
export function resolveSettings(text: string, environment: Environment): string {
  return text.replaceAll(/%([^%]+)%/gu, (_match, name: string) => {
    const value = environment[name];
    if (value === undefined) {
      throw new Error(`The app setting "${name}" that "%${name}%" stands for is not set.`);
    }
    return value;
  });
}

export type Connection =
  | { readonly kind: 'connection-string'; readonly value: string }
  | { readonly kind: 'identity'; readonly endpoint: string };

/**
 * A binding's `connection` is the name of a setting: a connection string under that name (or prefixed with
 * `AzureWebJobs`), or the setting `<name>__<identitySuffix>` for a connection by identity.
 */
export function resolveConnection(
  { name, identitySuffix }: { readonly name: string; readonly identitySuffix: string },
  environment: Environment,
): Connection {
  const value = environment[name] ?? environment[`AzureWebJobs${name}`];
  if (value !== undefined && value !== '') {
    return { kind: 'connection-string', value };
  }
  const endpoint = environment[`${name}__${identitySuffix}`];
  if (endpoint !== undefined && endpoint !== '') {
    return { kind: 'identity', endpoint };
  }
  throw new Error(`No connection "${name}": set "${name}" to a connection string, or "${name}__${identitySuffix}".`);
}
