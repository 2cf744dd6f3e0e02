import fc from 'fast-check';
import type { Json, JsonObject } from '../../../shared/json.ts';
import { type ConversationTurns, conversationTurns } from '../../../shared/models/conversation-turns.ts';
import { textAt } from '../../../shared/tokens/json-guards.ts';

export function says(role: string, content = role): JsonObject {
  return { role, content };
}

export function calls(...ids: readonly string[]): JsonObject {
  const tool_calls = ids.map((id) => ({ id, type: 'function', function: { name: 'look_up', arguments: '{}' } }));
  return { role: 'assistant', content: null, tool_calls };
}

export function answers(id: string): JsonObject {
  return { role: 'tool', tool_call_id: id, content: 'found' };
}

export function callsFunction(name: string): JsonObject {
  return { role: 'assistant', content: null, function_call: { name, arguments: '{}' } };
}

export function answersFunction(name: string): JsonObject {
  return { role: 'function', name, content: 'found' };
}

const id = fc.constantFrom('a', 'b', 'c');

/** Any order of messages: also those that no client sends, with orphans, ids used twice and results that come late. */
export const anyConversation: fc.Arbitrary<readonly JsonObject[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(says('user')) },
    { weight: 2, arbitrary: fc.constant(says('assistant')) },
    { weight: 1, arbitrary: fc.constantFrom(says('system'), says('developer')) },
    { weight: 2, arbitrary: fc.array(id, { minLength: 1, maxLength: 2 }).map((ids) => calls(...ids)) },
    { weight: 2, arbitrary: id.map(answers) },
    { weight: 1, arbitrary: id.map(callsFunction) },
    { weight: 1, arbitrary: id.map(answersFunction) },
  ),
  { minLength: 1, maxLength: 24 },
);

/** Places of a call and of its result: the newest call of that id (or name) before it. */
export function linksOf(messages: readonly JsonObject[]): readonly (readonly [call: number, result: number])[] {
  const links: [number, number][] = [];
  for (const [result, message] of messages.entries()) {
    const role = textAt(message, 'role');
    const wanted = role === 'tool' ? textAt(message, 'tool_call_id') : textAt(message, 'name');
    const field = role === 'tool' ? 'tool_calls' : 'function_call';
    const kind = role === 'tool' ? 'id' : 'name';
    const isCaller = (other: JsonObject): boolean =>
      JSON.stringify(other[field] ?? null).includes(`"${kind}":"${wanted}"`);
    const call = role === 'tool' || role === 'function' ? messages.slice(0, result).findLastIndex(isCaller) : -1;
    if (call >= 0) {
      links.push([call, result]);
    }
  }
  return links;
}

export async function turnsOf(messages: readonly Json[]): Promise<ConversationTurns> {
  return conversationTurns(messages, async () => undefined);
}
