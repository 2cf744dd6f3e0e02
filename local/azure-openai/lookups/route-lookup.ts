/** A request that asks for what is there and costs no quota. */
export type Lookup =
  | { readonly kind: 'models' | 'deployments' }
  | { readonly kind: 'model' | 'deployment' | 'response' | 'input-items' | 'delete-response'; readonly id: string };

/**
 * What a GET or DELETE asks for; undefined when it is nothing of the kind. v1: `/openai/v1/models`, `/models/{id}`,
 * `/responses/{id}`, `/responses/{id}/input_items`. Classic: the same below `/openai`, and `/openai/deployments`, with an
 * `api-version`.
 */
export function routeLookup(method: string, address: string): Lookup | undefined {
  const url = new URL(address, 'http://localhost');
  const path = url.pathname.replace(/\/+$/u, '');
  const isModern = path.startsWith('/openai/v1/');
  if (!isModern && (!path.startsWith('/openai/') || !url.searchParams.has('api-version'))) {
    return undefined;
  }
  const [collection = '', id, sub, ...more] = path
    .slice(isModern ? '/openai/v1/'.length : '/openai/'.length)
    .split('/');
  if (more.length > 0 || (collection === 'deployments' && isModern)) {
    return undefined;
  }
  if (id === undefined) {
    return method === 'GET' && (collection === 'models' || collection === 'deployments')
      ? { kind: collection }
      : undefined;
  }
  const kind = kinds.get([method, collection, ...(sub === undefined ? [] : [sub])].join(' '));
  return kind === undefined ? undefined : { kind, id: decoded(id) };
}

type One = Extract<Lookup, { readonly id: string }>['kind'];

const kinds: ReadonlyMap<string, One> = new Map<string, One>([
  ['GET models', 'model'],
  ['GET deployments', 'deployment'],
  ['GET responses', 'response'],
  ['GET responses input_items', 'input-items'],
  ['DELETE responses', 'delete-response'],
]);

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch (error) {
    if (error instanceof URIError) {
      return id;
    }
    throw error;
  }
}
