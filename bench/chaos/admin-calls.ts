import { z } from 'zod';
import type { FaultyPart } from './fault.ts';

/** The stack's admin endpoint, as far as faults are put there. Every call gives `undefined` while the stack is down. */
export interface AdminCalls {
  readonly call: (method: string, path: string, body?: unknown) => Promise<unknown>;
  /** Adds a fault and gives its id. */
  readonly addFault: (part: FaultyPart, fault: unknown) => Promise<string | undefined>;
  /** Ends a fault and gives how many times it was met. */
  readonly endFault: (part: FaultyPart, id: string) => Promise<number | undefined>;
}

const addedSchema = z.object({ id: z.string() });
const listSchema = z.object({ faults: z.array(z.object({ id: z.string(), taken: z.number() })) });
const callMs = 30_000;

export function adminCalls(adminUrl: string): AdminCalls {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> =>
    callAdmin(`${adminUrl}/admin/${path}`, method, body);
  return {
    call,
    addFault: async (part, fault) => {
      const added = await call('POST', `${part}/faults`, fault);
      return added === undefined ? undefined : addedSchema.parse(added).id;
    },
    endFault: async (part, id) => {
      await call('DELETE', `${part}/faults/${id}`);
      const list = await call('GET', `${part}/faults`);
      return list === undefined ? undefined : listSchema.parse(list).faults.find((fault) => fault.id === id)?.taken;
    },
  };
}

/** Refusals that the run itself brings about: the part is down, or the fault has been used up or forgotten. */
function isExpected(method: string, status: number): boolean {
  return status === 409 || (status === 404 && method === 'DELETE');
}

/** @throws when the stack refuses for another reason than that it cannot now */
async function callAdmin(url: string, method: string, body: unknown): Promise<unknown> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json' };
  let response: Response;
  try {
    response = await fetch(url, { method, headers, signal: AbortSignal.timeout(callMs), ...init });
  } catch (error) {
    if (error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
  const text = await response.text();
  if (response.ok) {
    return JSON.parse(text);
  }
  if (isExpected(method, response.status)) {
    return undefined;
  }
  throw new Error(`The stack refused ${method} ${url} (${response.status}): ${text}`);
}
