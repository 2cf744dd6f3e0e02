import type { Random } from '../seeded-random.ts';
import { type PatternNode, readPattern } from './read-pattern.ts';

const tries = 20;
/** Longer texts are not made up. */
const mostCharacters = 100_000;
/** Most repetitions beyond the least, where a pattern sets no end. */
const more = 6;

/** A text that a regular expression matches, of the length asked for; undefined when none was found. */
export function patternText(
  pattern: string,
  how: { readonly random: Random; readonly minLength: number; readonly maxLength: number },
): string | undefined {
  const node = readPattern(pattern);
  const expression = expressionOf(pattern);
  if (node === undefined || expression === undefined || longest(node) > mostCharacters) {
    return undefined;
  }
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const text = textOf(node, how.random);
    if (text.length >= how.minLength && text.length <= how.maxLength && expression.test(text)) {
      return text;
    }
  }
  return undefined;
}

/** Characters that a text of the node may have. */
function longest(node: PatternNode): number {
  switch (node.kind) {
    case 'text':
    case 'class':
      return 1;
    case 'sequence':
      return node.nodes.reduce((sum, one) => sum + longest(one), 0);
    case 'choice':
      return Math.max(0, ...node.nodes.map((one) => longest(one)));
    case 'repeat':
      return Math.min(node.most, node.least + more) * longest(node.node);
  }
}

function textOf(node: PatternNode, random: Random): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'class':
      return node.characters.charAt(Math.floor(random() * node.characters.length));
    case 'sequence':
      return node.nodes.map((one) => textOf(one, random)).join('');
    case 'choice': {
      const chosen = node.nodes[Math.floor(random() * node.nodes.length)];
      return chosen === undefined ? '' : textOf(chosen, random);
    }
    case 'repeat': {
      const most = Math.max(node.least, Math.min(node.most, node.least + more));
      const count = node.least + Math.floor(random() * (most - node.least + 1));
      return Array.from({ length: count }, () => textOf(node.node, random)).join('');
    }
  }
}

function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
