import { CosmosError } from '../cosmos-error.ts';
import { isArray, isObject, readProperty, type Json, type JsonObject } from '../json.ts';

/** One step of a partial document update. Paths are JSON pointers (`/a/b/0`, `~1` for `/`, `~0` for `~`). */
export type PatchOperation =
  | { readonly op: 'add' | 'set' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'incr'; readonly path: string; readonly value: number }
  | { readonly op: 'move'; readonly from: string; readonly path: string };

/** learn.microsoft.com/azure/cosmos-db/partial-document-update-faq */
export const mostPatchOperations = 10;

/**
 * Applies the operations in their order and returns the new item; the given one stays as it is. All or nothing: an
 * operation that does not fit throws `CosmosError` (400). Semantics of each operation, at arrays above all:
 * learn.microsoft.com/azure/cosmos-db/partial-document-update.
 *
 * `protectedPaths` are the segments of paths that may not change, the partition key's among them.
 */
export function patchItem(
  item: JsonObject,
  operations: readonly PatchOperation[],
  protectedPaths: readonly (readonly string[])[],
): JsonObject {
  let patched: Json = item;
  for (const [index, operation] of operations.entries()) {
    const fail = (reason: string): CosmosError =>
      new CosmosError('BadRequest', `For Operation(${index + 1}), ${operation.op} ${operation.path}: ${reason}`);
    const touched = operation.op === 'move' ? [operation.path, operation.from] : [operation.path];
    for (const path of touched) {
      refuseProtected(pointer(path, fail), protectedPaths, fail);
    }
    patched = applyOperation(patched, operation, fail);
  }
  return isObject(patched) ? patched : item;
}

type Fail = (reason: string) => CosmosError;

/** The service's own words. */
function noParent(segment: string | undefined, fail: Fail): CosmosError {
  return fail(
    `Operation can only create a child object of an existing node(array or object) and cannot create path recursively, no path found beyond: '${segment}'.`,
  );
}

function refuseProtected(
  segments: readonly string[],
  protectedPaths: readonly (readonly string[])[],
  fail: Fail,
): void {
  for (const guarded of protectedPaths) {
    const shared = Math.min(guarded.length, segments.length);
    if (segments.slice(0, shared).every((segment, index) => segment === guarded[index])) {
      throw fail(`/${guarded.join('/')} may not be patched.`);
    }
  }
}

/** A segment of 20 digits and more is refused, as the service does (Azure/azure-cosmos-dotnet-v3, issue 5154). */
function pointer(path: string, fail: Fail): readonly string[] {
  if (!path.startsWith('/') || path === '/') {
    throw fail('a path starts with / and names a property.');
  }
  const segments = path.slice(1).split('/');
  const tooLong = segments.find((segment) => /^\d{20,}$/u.test(segment));
  if (tooLong !== undefined) {
    throw fail(`Token('${tooLong}') has length longer than expected.`);
  }
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function applyOperation(item: Json, operation: PatchOperation, fail: Fail): Json {
  const path = pointer(operation.path, fail);
  switch (operation.op) {
    case 'add':
      return put({ target: item, path, value: operation.value, atArray: 'insert', fail });
    case 'set':
      return put({ target: item, path, value: operation.value, atArray: 'assign', fail });
    case 'replace':
      if (readPath(item, path) === undefined) {
        throw fail('replace needs a value that exists.');
      }
      return put({ target: item, path, value: operation.value, atArray: 'assign', fail });
    case 'remove':
      return remove(item, path, fail);
    case 'incr':
      return increment({ item, path, by: operation.value, fail });
    case 'move':
      return move({ item, from: pointer(operation.from, fail), path, fail });
  }
}

function increment({ item, path, by, fail }: { item: Json; path: readonly string[]; by: number; fail: Fail }): Json {
  const current = readPath(item, path);
  if (current !== undefined && typeof current !== 'number') {
    throw fail('incr needs a number.');
  }
  return put({ target: item, path, value: (current ?? 0) + by, atArray: 'assign', fail });
}

function move(step: { item: Json; from: readonly string[]; path: readonly string[]; fail: Fail }): Json {
  const { item, from, path, fail } = step;
  const value = readPath(item, from);
  if (value === undefined) {
    throw fail('move needs a value that exists at from.');
  }
  if (path.length > from.length && from.every((segment, index) => segment === path[index])) {
    throw fail('the path is inside of from.');
  }
  return put({ target: remove(item, from, fail), path, value, atArray: 'insert', fail });
}

function readPath(item: Json, path: readonly string[]): Json | undefined {
  let value: Json | undefined = item;
  for (const segment of path) {
    value = isArray(value) ? value[arrayIndex(segment) ?? -1] : readProperty(value, segment);
  }
  return value;
}

function arrayIndex(segment: string): number | undefined {
  return /^(?:0|[1-9]\d{0,9})$/u.test(segment) ? Number(segment) : undefined;
}

interface Put {
  readonly target: Json;
  readonly path: readonly string[];
  readonly value: Json;
  /** Add pushes the elements of an array aside, set takes the place of one. */
  readonly atArray: 'insert' | 'assign';
  readonly fail: Fail;
}

function put({ target, path, value, atArray, fail }: Put): Json {
  return rebuild({ target, path, fail }, (parent, last) => {
    if (!isArray(parent)) {
      return { ...parent, [last]: value };
    }
    const index = last === '-' ? parent.length : arrayIndex(last);
    if (index === undefined || index > parent.length) {
      throw fail(`${last} is no index of the array, which has ${parent.length} elements.`);
    }
    return parent.toSpliced(index, atArray === 'assign' && index < parent.length ? 1 : 0, value);
  });
}

function remove(target: Json, path: readonly string[], fail: Fail): Json {
  if (readPath(target, path) === undefined) {
    throw fail('remove needs a value that exists.');
  }
  return rebuild({ target, path, fail }, (parent, last) => {
    if (isArray(parent)) {
      return parent.toSpliced(Number(last), 1);
    }
    return Object.fromEntries(Object.entries(parent).filter(([name]) => name !== last));
  });
}

/** Copies what lies on the path, and lets `change` make the new parent of its last segment. */
function rebuild(
  { target, path, fail }: { readonly target: Json; readonly path: readonly string[]; readonly fail: Fail },
  change: (parent: JsonObject | readonly Json[], last: string) => Json,
): Json {
  const [first, ...rest] = path;
  if (first === undefined || (!isObject(target) && !isArray(target))) {
    throw noParent(first, fail);
  }
  if (rest.length === 0) {
    return change(target, first);
  }
  const child = isArray(target) ? target[arrayIndex(first) ?? -1] : readProperty(target, first);
  if (child === undefined) {
    throw noParent(first, fail);
  }
  const rebuilt = rebuild({ target: child, path: rest, fail }, change);
  return isArray(target) ? target.with(Number(first), rebuilt) : { ...target, [first]: rebuilt };
}
