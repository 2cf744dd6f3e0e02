import type { Json, JsonObject } from '../json.ts';
import { countAt, isJsonArray, isJsonObject, jsonAt } from '../tokens/json-guards.ts';

/** Puts the chunks of a streamed chat completion together again. */
export interface StreamAssembly {
  /** Takes one `chat.completion.chunk`; true when it carried something of an answer. Total: nonsense adds nothing. */
  readonly accept: (chunk: Json) => boolean;
  /** True once each of the answers asked for has said why it ended. */
  readonly isComplete: () => boolean;
  /** The `chat.completion` that a call without streaming would have given; unknown fields are kept. */
  readonly body: () => JsonObject;
}

/**
 * Choices are joined by their index, tool calls by theirs; texts are appended in the order of arrival. The first chunk of
 * Azure has no choice but `prompt_filter_results`; with `stream_options.include_usage` the last one has none but `usage`.
 */
export function streamAssembly(expectedAnswers: number): StreamAssembly {
  const fields = new Map<string, Json>();
  const choices = new Map<number, ChoiceAssembly>();
  return {
    accept: (chunk) => {
      if (!isJsonObject(chunk)) {
        return false;
      }
      for (const [name, value] of Object.entries(chunk)) {
        if (name !== 'choices' && name !== 'object' && (isSaying(value) || !fields.has(name))) {
          fields.set(name, value);
        }
      }
      let hasContent = false;
      for (const part of listAt(chunk, 'choices')) {
        const index = countAt(part, 'index') ?? 0;
        const choice = choices.get(index) ?? choiceAssembly();
        choices.set(index, choice);
        hasContent = choice.accept(part) || hasContent;
      }
      return hasContent;
    },
    isComplete: () => choices.size >= expectedAnswers && choices.values().every((choice) => choice.isComplete()),
    body: () => ({
      ...Object.fromEntries(fields),
      object: 'chat.completion',
      choices: [...choices].toSorted(([left], [right]) => left - right).map(([index, choice]) => choice.body(index)),
    }),
  };
}

interface ChoiceAssembly {
  readonly accept: (part: Json) => boolean;
  readonly isComplete: () => boolean;
  readonly body: (index: number) => JsonObject;
}

function choiceAssembly(): ChoiceAssembly {
  const message = new Map<string, Json>([
    ['role', 'assistant'],
    ['content', null],
  ]);
  const toolCalls = new Map<number, Map<string, Json>>();
  const fields = new Map<string, Json>([['finish_reason', null]]);
  return {
    accept: (part) => {
      for (const [name, value] of entriesOf(part)) {
        if (name !== 'delta' && name !== 'index' && value !== null) {
          fields.set(name, joined(fields.get(name), value, name === 'finish_reason'));
        }
      }
      const delta = jsonAt(part, 'delta');
      for (const [name, value] of entriesOf(delta)) {
        if (name !== 'tool_calls' && value !== null) {
          message.set(name, joined(message.get(name), value, name === 'role'));
        }
      }
      for (const call of listAt(delta, 'tool_calls')) {
        const index = countAt(call, 'index') ?? 0;
        toolCalls.set(index, withCall(toolCalls.get(index) ?? new Map<string, Json>(), call));
      }
      return entriesOf(delta).some(([name, value]) => name !== 'role' && isSaying(value));
    },
    isComplete: () => typeof fields.get('finish_reason') === 'string',
    body: (index) => ({
      index,
      message: {
        ...Object.fromEntries(message),
        ...(toolCalls.size === 0 ? {} : { tool_calls: inOrder(toolCalls) }),
      },
      ...Object.fromEntries(fields),
    }),
  };
}

/** Id, type and the function's name come once, arguments in pieces. */
function withCall(call: Map<string, Json>, piece: Json): Map<string, Json> {
  for (const [name, value] of entriesOf(piece)) {
    if (name !== 'index' && value !== null) {
      call.set(name, joined(call.get(name), value, name === 'id' || name === 'type'));
    }
  }
  return call;
}

/** Appends texts and lists, joins objects field by field, and lets the later value stand for anything else. */
function joined(before: Json | undefined, after: Json, isWhole: boolean): Json {
  if (!isWhole && typeof before === 'string' && typeof after === 'string') {
    return before + after;
  }
  if (isJsonArray(before) && isJsonArray(after)) {
    return [...before, ...after];
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    const fields = new Map(Object.entries(before));
    for (const [name, value] of Object.entries(after)) {
      fields.set(
        name,
        value === null ? (fields.get(name) ?? null) : joined(fields.get(name), value, name === 'severity'),
      );
    }
    return Object.fromEntries(fields);
  }
  return after;
}

function inOrder(calls: ReadonlyMap<number, ReadonlyMap<string, Json>>): JsonObject[] {
  return [...calls].toSorted(([left], [right]) => left - right).map(([, call]) => Object.fromEntries(call));
}

/** Azure's first chunk says `""` and `0` where later ones say what they mean. */
function isSaying(value: Json): boolean {
  return value !== null && value !== '' && value !== 0 && !(isJsonArray(value) && value.length === 0);
}

function listAt(value: Json | undefined, name: string): readonly Json[] {
  const list = jsonAt(value, name);
  return isJsonArray(list) ? list : [];
}

function entriesOf(value: Json | undefined): [string, Json][] {
  return isJsonObject(value) ? Object.entries(value) : [];
}
