import { seededRandom } from '../seeded-random.ts';
import { wordStock } from './word-stock.ts';

/** One token with its natural log probability, as both APIs tell it. */
export interface TokenProbability {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

export interface RankedToken extends TokenProbability {
  /** The likeliest first, the token itself among them; empty when none were asked for. */
  readonly top_logprobs: readonly TokenProbability[];
}

/**
 * Made-up log probabilities of the tokens of an answer, the same for the same answer. A token is mostly its place's
 * likeliest, seldom the second; what is told of a place adds up to no more than 1.
 */
export function logProbabilities(pieces: readonly string[], top: number): readonly RankedToken[] {
  const random = seededRandom('log probabilities', pieces.join(''));
  return pieces.map((token) => {
    const best = 0.55 + 0.45 * Math.sqrt(random());
    const isSecond = random() < 0.06;
    const second = (1 - best) * (0.4 + 0.5 * random());
    const own = toProbability(token, isSecond ? second : best);
    if (top === 0) {
      return { ...own, top_logprobs: [] };
    }
    const others = otherTokens(token, { count: top - 1, from: Math.floor(random() * 1000) });
    let left = 1 - best - (isSecond ? second : 0);
    const rest = others.map((other, rank) => {
      const share = isSecond && rank === 0 ? best : left * 0.55;
      left -= isSecond && rank === 0 ? 0 : share;
      return toProbability(other, share);
    });
    return { ...own, top_logprobs: [own, ...rest].toSorted((one, another) => another.logprob - one.logprob) };
  });
}

function toProbability(token: string, probability: number): TokenProbability {
  return { token, logprob: Math.log(Math.max(probability, 1e-9)), bytes: [...Buffer.from(token)] };
}

const words = [...wordStock.noun, ...wordStock.verb, ...wordStock.adjective].map((word) => ` ${word}`);

function otherTokens(token: string, among: { readonly count: number; readonly from: number }): readonly string[] {
  const others: string[] = [];
  for (let index = among.from; others.length < among.count; index += 7) {
    const word = words[index % words.length] ?? '';
    if (word !== token && !others.includes(word)) {
      others.push(word);
    }
  }
  return others;
}
