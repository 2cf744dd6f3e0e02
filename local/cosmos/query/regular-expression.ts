import { parseRegularExpression } from './parse-regular-expression.ts';
import { notCarried } from './query-error.ts';
import { PatternError, readModifiers, type Pattern, type PlaceTest } from './regular-expression-syntax.ts';

/**
 * `RegexMatch` without backtracking: a pattern becomes a machine that is in many states at once, so that the time grows
 * with the length of the text times the length of the pattern, whatever both of them are (Thompson's construction,
 * swtch.com/~rsc/regexp/regexp1.html). Look-around and back references do not fit in, and are refused by name.
 */
type Step =
  | { readonly kind: 'character'; readonly test: (code: number) => boolean }
  | { readonly kind: 'place'; readonly test: PlaceTest }
  | { readonly kind: 'either'; readonly first: number; readonly second: number }
  | { readonly kind: 'go'; readonly to: number }
  | { readonly kind: 'match' };

type Matches = (text: string) => boolean;

const cacheSize = 100;
const cache = new Map<string, Matches | undefined>();

/** Undefined for what is no regular expression. Throws `QueryError` for what is left out. */
export function compileRegularExpression(text: string, modifierText: string): Matches | undefined {
  const key = `${modifierText}/${text}`;
  if (cache.has(key)) {
    return cache.get(key);
  }
  const compiled = compile(text, modifierText);
  if (cache.size >= cacheSize) {
    cache.clear();
  }
  cache.set(key, compiled);
  return compiled;
}

function compile(text: string, modifierText: string): Matches | undefined {
  const modifiers = readModifiers(modifierText);
  if (modifiers === undefined) {
    return undefined;
  }
  try {
    const steps: Step[] = [];
    emit(parseRegularExpression(text, modifiers), steps);
    steps.push({ kind: 'match' });
    return (subject) => run(steps, subject);
  } catch (error) {
    if (error instanceof PatternError) {
      return undefined;
    }
    throw error;
  }
}

const mostSteps = 20_000;

function emit(pattern: Pattern, steps: Step[]): void {
  if (steps.length > mostSteps) {
    throw notCarried(`regular expressions of more than ${mostSteps} steps`);
  }
  switch (pattern.kind) {
    case 'character':
    case 'place':
      steps.push(pattern);
      return;
    case 'sequence':
      for (const part of pattern.parts) {
        emit(part, steps);
      }
      return;
    case 'choice':
      emitChoice(pattern.parts, steps);
      return;
    case 'repeat':
      emitRepeat(pattern, steps);
  }
}

/** A step that is not known yet is put in as soon as it is. */
function reserve(steps: Step[]): (step: Step) => void {
  const index = steps.push({ kind: 'match' }) - 1;
  return (step) => {
    steps[index] = step;
  };
}

function emitChoice(parts: readonly Pattern[], steps: Step[]): void {
  const exits: ((step: Step) => void)[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const fork = isLast ? undefined : reserve(steps);
    const first = steps.length;
    emit(part, steps);
    if (fork !== undefined) {
      exits.push(reserve(steps));
      fork({ kind: 'either', first, second: steps.length });
    }
  }
  for (const exit of exits) {
    exit({ kind: 'go', to: steps.length });
  }
}

function emitRepeat({ part, least, most }: Extract<Pattern, { kind: 'repeat' }>, steps: Step[]): void {
  for (let count = 0; count < least; count += 1) {
    emit(part, steps);
  }
  if (most === undefined) {
    const start = steps.length;
    const fork = reserve(steps);
    emit(part, steps);
    steps.push({ kind: 'go', to: start });
    fork({ kind: 'either', first: start + 1, second: steps.length });
    return;
  }
  const forks: { readonly put: (step: Step) => void; readonly first: number }[] = [];
  for (let count = least; count < most; count += 1) {
    const put = reserve(steps);
    forks.push({ put, first: steps.length });
    emit(part, steps);
  }
  for (const { put, first } of forks) {
    put({ kind: 'either', first, second: steps.length });
  }
}

/** The states that are left at one place of the text; each step is in it once. */
interface States {
  readonly list: number[];
  readonly seenAt: Int32Array;
}

/** Whether the pattern matches anywhere in the text. */
function run(steps: readonly Step[], text: string): boolean {
  let current: States = { list: [], seenAt: new Int32Array(steps.length).fill(-1) };
  let next: States = { list: [], seenAt: new Int32Array(steps.length).fill(-1) };
  let position = 0;
  for (;;) {
    if (enter(steps, current, { from: 0, text, position })) {
      return true;
    }
    const code = text.codePointAt(position);
    if (code === undefined) {
      return false;
    }
    const after = position + (code > 0xff_ff ? 2 : 1);
    for (const index of current.list) {
      const step = steps[index];
      const fits = step?.kind === 'character' && step.test(code);
      if (fits && enter(steps, next, { from: index + 1, text, position: after })) {
        return true;
      }
    }
    current.list.length = 0;
    [current, next] = [next, current];
    position = after;
  }
}

/** Adds all states that are reached without a character; says whether the match is among them. */
function enter(
  steps: readonly Step[],
  states: States,
  { from, text, position }: { readonly from: number; readonly text: string; readonly position: number },
): boolean {
  const open = [from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const step = steps[index];
    if (step === undefined || states.seenAt[index] === position) {
      continue;
    }
    states.seenAt[index] = position;
    switch (step.kind) {
      case 'match':
        return true;
      case 'character':
        states.list.push(index);
        break;
      case 'go':
        open.push(step.to);
        break;
      case 'either':
        open.push(step.second, step.first);
        break;
      case 'place':
        if (step.test(text, position)) {
          open.push(index + 1);
        }
    }
  }
  return false;
}
