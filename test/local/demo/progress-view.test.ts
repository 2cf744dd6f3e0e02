import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain, progressLine, screenLines } from '../../../local/demo/progress-view.ts';

const regions = [
  { region: 'eastus', cost: 96_000, limit: 100_000, throttled429: 0 },
  { region: 'swedencentral', cost: 38_500, limit: 77_000, throttled429: 2 },
];
const view = { lines: 100, done: 40, running: 10, deadLettered: 10, seconds: 65, regions };

test('the screen shows every line of the run once, and each region against its quota', () => {
  const lines = screenLines(view, 80, plain);

  assert.equal(lines[0], `1:05            ${'█'.repeat(25)}${'▒'.repeat(5)}${'░'.repeat(20)}  50 %`);
  assert.match(lines[1] ?? '', /40 done · 10 running · 40 queued · 10 dead-lettered/u);
  assert.match(lines.join('\n'), /eastus .* 96 %\n +96,000 of 100,000 tokens\/min · no 429 · at quota/u);
  assert.match(lines.join('\n'), /swedencentral .* 50 %\n +38,500 of 77,000 tokens\/min · 2 × 429$/u);
});

test('no line of the screen is wider than the terminal', () => {
  for (const columns of [72, 80, 200]) {
    for (const ended of [0, 33, 99, 100]) {
      const lines = screenLines({ ...view, done: ended, running: 100 - ended, deadLettered: 0 }, columns, plain);
      assert.ok(
        lines.every((line) => line.length <= columns),
        lines.join('\n'),
      );
    }
  }
});

test('without a terminal the same is one line', () => {
  assert.equal(
    progressLine(view),
    '1:05  done 40 · running 10 · queued 40 · dead-lettered 10 of 100 | eastus 96,000 of 100,000 tokens/min · swedencentral 38,500 of 77,000 tokens/min',
  );
});
