const words =
  'the queue drains slowly while every region keeps its own quota and nobody is told to wait longer than needed because a start was reserved before anything was called and what came back is stored first then settled so that a restart in the middle loses nothing at all even under load with many workers'.split(
    ' ',
  );

/** One chat job, as any service would put it on the queue: JSON of about `bytes` bytes, another text for each number. */
export function jobText(input: {
  readonly number: number;
  readonly prefix: string;
  readonly model: string;
  readonly bytes: number;
  readonly maxTokens: number;
}): string {
  const { number, prefix, model, bytes, maxTokens } = input;
  const of = (content: string): string => chatJobText({ id: jobId(prefix, number), model, maxTokens, content });
  return of(wordText(number, Math.max(1, bytes - of('').length)));
}

/** A chat job with one message, as JSON. */
export function chatJobText(input: {
  readonly id: string;
  readonly model: string;
  readonly maxTokens: number;
  readonly content: string;
}): string {
  const { id, model, maxTokens, content } = input;
  return JSON.stringify({
    id,
    request: {
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model, max_tokens: maxTokens, messages: [{ role: 'user', content }] },
    },
  });
}

/** Exactly so many characters of words: others for each number, the same in every run. */
export function wordText(number: number, characters: number): string {
  const chosen: string[] = [];
  let length = 0;
  // A linear congruential generator (Numerical Recipes).
  for (let state = number + 1; length <= characters;) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    const word = words[state % words.length] ?? 'word';
    chosen.push(word);
    length += word.length + 1;
  }
  return chosen.join(' ').slice(0, characters);
}

export function jobId(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(8, '0')}`;
}
