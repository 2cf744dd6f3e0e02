import type { ToolFunction, ToolSettings } from './tool-settings.ts';

/** The turn that an answer follows. */
interface Turn {
  readonly role: string;
  readonly texts: readonly string[];
}

/** Most calls that a model makes side by side. */
const mostCalls = 4;
/** Words of function names that say nothing of what they are about. */
const commonWords = new Set(['get', 'set', 'the', 'for', 'find', 'list', 'add', 'all', 'call', 'tool', 'make', 'run']);

/**
 * The functions that a model calls: the one named by the caller; with `required` those that the prompt is about, or the
 * first; with `auto` those that it is about, but none once the last turn is the result of a tool. A prompt is about a
 * function when its last user turn has a word of the function's name. Several only when calls may be parallel.
 */
export function chooseFunctions(tools: ToolSettings, turns: readonly Turn[]): readonly ToolFunction[] {
  const { choice, functions, isParallel } = tools;
  switch (choice.kind) {
    case 'none':
      return [];
    case 'named':
      return functions.filter(({ name }) => name === choice.name).slice(0, 1);
    case 'auto':
    case 'required': {
      const isAnswered = ['tool', 'function'].includes(turns.at(-1)?.role ?? '');
      const meant = choice.kind === 'auto' && isAnswered ? [] : meantFunctions(functions, turns);
      const called = meant.length === 0 && choice.kind === 'required' ? functions : meant;
      return called.slice(0, isParallel && meant.length > 0 ? mostCalls : 1);
    }
  }
}

function meantFunctions(functions: readonly ToolFunction[], turns: readonly Turn[]): readonly ToolFunction[] {
  const asked =
    turns
      .findLast(({ role }) => role === 'user')
      ?.texts.join(' ')
      .toLowerCase() ?? '';
  const words = new Set(asked.match(/[\p{L}\p{N}]+/gu));
  return functions
    .map((one) => ({ one, score: wordsOf(one.name).filter((word) => words.has(word)).length }))
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .map(({ one }) => one);
}

/** `get_weather` and `getWeather` are about weather. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/(?<=[a-z\d])(?=[A-Z])/gu, ' ')
    .toLowerCase()
    .split(/[^a-z\d]+/u)
    .filter((word) => word.length > 2 && !commonWords.has(word));
}
