import type { Random } from '../seeded-random.ts';
import { sentenceForms, wordStock } from './word-stock.ts';

/**
 * Plausible English of whole sentences, as a list of single tokens, at least `tokens` long.
 * Paragraphs end after a few sentences. The same random numbers give the same text.
 */
export function composeText(random: Random, tokens: number): string[] {
  const pieces: string[] = [];
  while (pieces.length < tokens) {
    if (pieces.length > 0 && random() < 0.2) {
      pieces[pieces.length - 1] = '.\n\n';
    }
    addSentence(pieces, random);
  }
  return pieces;
}

function addSentence(pieces: string[], random: Random): void {
  for (const slot of pick(sentenceForms, random)) {
    for (const word of wordsFor(slot, random)) {
      const isGlued = word === ',' || word === '.' || pieces.length === 0 || pieces.at(-1) === '.\n\n';
      pieces.push(isGlued ? word : ` ${word}`);
    }
  }
}

function wordsFor(slot: string, random: Random): readonly string[] {
  switch (slot) {
    case '$opener':
      return pick(wordStock.opener, random);
    case '$ending':
      return pick(wordStock.ending, random);
    case '$adjective':
      return [pick(wordStock.adjective, random)];
    case '$noun':
      return [pick(wordStock.noun, random)];
    case '$plural':
      return [pick(wordStock.plural, random)];
    case '$verb':
      return [pick(wordStock.verb, random)];
    case '$verbPlural':
      return [pick(wordStock.verbPlural, random)];
    case '$adverb':
      return [pick(wordStock.adverb, random)];
    case '$preposition':
      return [pick(wordStock.preposition, random)];
    default:
      return [slot];
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) {
    throw new RangeError('Nothing to pick from: a list of words is empty.');
  }
  return item;
}
