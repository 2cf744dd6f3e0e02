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
  const of = (content: string): string =>
    JSON.stringify({
      id: jobId(prefix, number),
      request: {
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model, max_tokens: maxTokens, messages: [{ role: 'user', content }] },
      },
    });
  const room = bytes - of('').length;
  const chosen: string[] = [];
  let length = 0;
  // A linear congruential generator (Numerical Recipes): the same jobs in every run.
  for (let state = number + 1; length <= room;) {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    const word = words[state % words.length] ?? 'word';
    chosen.push(word);
    length += word.length + 1;
  }
  return of(chosen.join(' ').slice(0, Math.max(1, room)));
}

export function jobId(prefix: string, number: number): string {
  return `${prefix}-${String(number).padStart(8, '0')}`;
}
