import { type Container, ErrorResponse, type ItemDefinition, type PatchOperation } from '@azure/cosmos';
import { isWireFault, statusOf } from '../cosmos-documents.ts';
import { AppError } from '../errors.ts';
import { type BucketState, bucketStateSchema } from './bucket-state.ts';
import type { ApplyOutcome, BucketStore, ReadOutcome } from './bucket-store.ts';
import type { DatedAnswer } from './clock-bound.ts';
import type { CounterStep, SlicePlan } from './plan-slice.ts';

/** Statuses that say that the write was not made. 449 is a concurrent write that lost; Cosmos asks to send it again. */
const notWritten = new Set([429, 449]);

/** Statuses and faults of the wire after which nobody knows whether the write was made. */
const ambiguous = new Set([408, 410, 500, 503]);

/**
 * Buckets in Cosmos: one conditional patch reserves a slice for both counters.
 *
 * @param container its client must not retry (`maxRetryAttemptCount: 0`) and must give up after about 2 s
 * @param heard told of the `Date` of every answer, refusals included: the workers' clock comes from there
 */
export function cosmosBucketStore(container: Container, heard: (answer: DatedAnswer) => void): BucketStore {
  const patch = async (id: string, body: ConditionalPatch): Promise<ApplyOutcome> =>
    asApply(async () => {
      const response = await dated(heard, async () => container.item(id, id).patch<ItemDefinition>(body));
      return response.resource;
    });
  const read = async (id: string): Promise<unknown> => {
    const response = await dated(heard, async () => container.item(id, id).read<ItemDefinition>());
    return response.resource;
  };
  return {
    read: async (id) => asRead(async () => read(id)),
    open: async (state) =>
      asRead(async () => {
        try {
          const created = await dated(heard, async () => container.items.create<typeof state>(state));
          return created.resource;
        } catch (error) {
          if (statusOf(error) !== 409) {
            throw error;
          }
          return read(state.id);
        }
      }),
    changeLimits: async (from, to) => {
      const { id, v: _v, ...values } = to;
      const operations = Object.entries(values).map(([key, value]) => set(`/${key}`, value));
      const condition = `from c where c.epoch = ${from.epoch} and c.head = ${from.head} and c.tokens.total = ${from.tokens.total} and c.requests.total = ${from.requests.total}`;
      return patch(id, { condition, operations });
    },
    correct: async (from, to) => {
      const operations = [
        set('/epoch', to.epoch),
        set('/tokens/limit', to.tokens.limit),
        set('/tokens/cellCap', to.tokens.cellCap),
        set('/requests/limit', to.requests.limit),
        set('/requests/cellCap', to.requests.cellCap),
        set('/service', to.service),
        set('/throttle', to.throttle),
      ];
      return patch(to.id, { condition: `from c where c.epoch = ${from.epoch}`, operations });
    },
    apply: async (plan) => patch(plan.id, { condition: conditionOf(plan), operations: operationsOf(plan) }),
  };
}

interface ConditionalPatch {
  readonly condition: string;
  readonly operations: PatchOperation[];
}

function set(path: string, value: unknown): PatchOperation {
  return { op: 'set', path, value };
}

/** Tells when the answer was asked for, when it came, and what it says of the time. */
async function dated<Answer extends { readonly headers: object }>(
  heard: (answer: DatedAnswer) => void,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const sentMs = performance.now();
  const tell = (headers: object | undefined): void => {
    const dateMs = dateOf(headers);
    if (dateMs !== undefined) {
      heard({ sentMs, receivedMs: performance.now(), dateMs });
    }
  };
  try {
    const answer = await call();
    tell(answer.headers);
    return answer;
  } catch (error) {
    tell(error instanceof ErrorResponse ? error.headers : undefined);
    throw error;
  }
}

function dateOf(headers: object | undefined): number | undefined {
  const text = headers !== undefined && 'date' in headers ? headers.date : undefined;
  const dateMs = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** At most five operations of the ten that a patch may hold. */
function operationsOf(plan: SlicePlan): PatchOperation[] {
  const operations: PatchOperation[] = [
    { op: 'incr', path: '/tokens/total', value: plan.tokens.add },
    { op: 'incr', path: '/requests/total', value: plan.requests.add },
  ];
  if (plan.kind === 'move') {
    operations.push({ op: 'set', path: '/head', value: plan.toHead });
    operations.push({ op: 'set', path: '/tokens/snaps', value: plan.tokens.snaps });
    operations.push({ op: 'set', path: '/requests/snaps', value: plan.requests.snaps });
  }
  return operations;
}

/** Numbers only, all our own: nothing here can be injected. */
function conditionOf(plan: SlicePlan): string {
  const conditions = [`c.head = ${plan.fromHead}`, `c.epoch = ${plan.epoch}`];
  const bound = (name: string, step: CounterStep) =>
    step.atMostTotal === undefined ? [] : [`c.${name}.total <= ${step.atMostTotal}`];
  return `from c where ${[...conditions, ...bound('tokens', plan.tokens), ...bound('requests', plan.requests)].join(' and ')}`;
}

async function asRead(call: () => Promise<unknown>): Promise<ReadOutcome> {
  let resource: unknown;
  try {
    resource = await call();
  } catch (error) {
    const status = statusOf(error);
    if (status === 404) {
      return { kind: 'missing' };
    }
    if (isWireFault(error) || (status !== undefined && (notWritten.has(status) || ambiguous.has(status)))) {
      return { kind: 'unavailable', retryAfterMs: retryAfterOf(error) };
    }
    throw refused(error, status);
  }
  return resource === undefined ? { kind: 'missing' } : { kind: 'found', state: parseState(resource) };
}

async function asApply(call: () => Promise<unknown>): Promise<ApplyOutcome> {
  let resource: unknown;
  try {
    resource = await call();
  } catch (error) {
    const status = statusOf(error);
    if (status === 412 || status === 404) {
      return { kind: 'conflict' };
    }
    if ((status !== undefined && notWritten.has(status)) || isRefusedConnection(error)) {
      return { kind: 'unavailable', retryAfterMs: retryAfterOf(error) };
    }
    if (isWireFault(error) || (status !== undefined && ambiguous.has(status))) {
      return { kind: 'unknown' };
    }
    throw refused(error, status);
  }
  return { kind: 'applied', state: parseState(resource) };
}

function parseState(resource: unknown): BucketState {
  const parsed = bucketStateSchema.safeParse(resource);
  if (!parsed.success) {
    const message = 'A bucket document cannot be read. A newer version of Sluice may have written it.';
    throw new AppError('bucket.unreadable', message, { cause: parsed.error });
  }
  return parsed.data;
}

/** A connection that was never made carried no write. */
function isRefusedConnection(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ECONNREFUSED';
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof ErrorResponse ? error.retryAfterInMs : undefined;
}

function refused(error: unknown, status: number | undefined): unknown {
  if (status === undefined) {
    return error;
  }
  const message = `A bucket exchange was refused by Cosmos DB (${status}). Check the buckets container and the app's data role.`;
  return new AppError('bucket.refused', message, { cause: error });
}
