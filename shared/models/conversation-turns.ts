import type { Json } from '../json.ts';
import type { YieldToEventLoop } from '../share-event-loop.ts';
import { isJsonArray, jsonAt, textAt } from '../tokens/json-guards.ts';

/** The messages of a conversation by what a sliding window does with them; each place in `messages` is in one of the lists. */
export interface ConversationTurns {
  /** Never dropped: system and developer messages, and the newest turn. In order. */
  readonly kept: readonly number[];
  /** The other turns, oldest first. */
  readonly older: readonly (readonly number[])[];
}

/** Messages that one pass looks at in a turn of the event loop, and what one may cost it, in µs (0.15 measured). */
const messagesPerTurn = 4000;
const usPerMessage = 0.5;

const keptRoles: ReadonlySet<string> = new Set(['system', 'developer']);

/**
 * A turn starts with a user message and holds what follows it, up to the next one; what comes before the first user
 * message is a turn of its own. A result is in the turn of its call: a user message between a call of a tool (or of a
 * function) and its result starts no turn. System and developer messages are in no turn. Linear, in turns of the event loop.
 */
export async function conversationTurns(
  messages: readonly Json[],
  yieldToEventLoop: YieldToEventLoop,
): Promise<ConversationTurns> {
  const lastResults = await findLastResults(messages, yieldToEventLoop);
  const kept: number[] = [];
  const turns: number[][] = [];
  let heldUntil = -1;
  for (const [index, message] of messages.entries()) {
    if (index % messagesPerTurn === messagesPerTurn - 1) {
      await yieldToEventLoop(messagesPerTurn * usPerMessage);
    }
    const role = textAt(message, 'role') ?? '';
    if (keptRoles.has(role)) {
      kept.push(index);
      continue;
    }
    const open = turns.at(-1);
    if (open === undefined || (role === 'user' && index > heldUntil)) {
      turns.push([index]);
    } else {
      open.push(index);
    }
    heldUntil = Math.max(heldUntil, lastResults.get(index) ?? -1);
  }
  const newest = turns.pop() ?? [];
  return { kept: [...kept, ...newest].toSorted((left, right) => left - right), older: turns };
}

/** The place of the last result of each message that calls: a result belongs to the newest call of its id (or name) before it. */
async function findLastResults(
  messages: readonly Json[],
  yieldToEventLoop: YieldToEventLoop,
): Promise<ReadonlyMap<number, number>> {
  const callers = new Map<string, number>();
  const lastResults = new Map<number, number>();
  for (const [index, message] of messages.entries()) {
    if (index % messagesPerTurn === messagesPerTurn - 1) {
      await yieldToEventLoop(messagesPerTurn * usPerMessage);
    }
    const answered = answeredCall(message);
    const caller = answered === undefined ? undefined : callers.get(answered);
    if (caller !== undefined) {
      lastResults.set(caller, index);
    }
    if (jsonAt(message, 'tool_calls') !== undefined || jsonAt(message, 'function_call') !== undefined) {
      for (const call of callsOf(message)) {
        callers.set(call, index);
      }
    }
  }
  return lastResults;
}

/** The calls that a message makes: by id, and by name where the older form has none. */
function callsOf(message: Json): readonly string[] {
  const calls = jsonAt(message, 'tool_calls');
  const ids = isJsonArray(calls) ? calls.flatMap((call) => textAt(call, 'id') ?? []) : [];
  const name = textAt(jsonAt(message, 'function_call'), 'name');
  return [...ids.map((id) => `tool ${id}`), ...(name === undefined ? [] : [`function ${name}`])];
}

function answeredCall(message: Json): string | undefined {
  switch (textAt(message, 'role')) {
    case 'tool': {
      const id = textAt(message, 'tool_call_id');
      return id === undefined ? undefined : `tool ${id}`;
    }
    case 'function': {
      const name = textAt(message, 'name');
      return name === undefined ? undefined : `function ${name}`;
    }
    case undefined:
    default:
      return undefined;
  }
}
