import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBatchFile } from '../../../local/demo/read-batch-file.ts';

const line = (customId: string): string => JSON.stringify({ custom_id: customId, method: 'POST' });

test('lines keep their place in the file, and empty lines are passed over', () => {
  const read = readBatchFile(`\uFEFF${line('a')}\r\n\n${line('ü')}\n`);

  assert.deepEqual(read, {
    kind: 'read',
    lines: [
      { number: 1, customId: 'a', text: line('a'), bytes: 33 },
      { number: 3, customId: 'ü', text: line('ü'), bytes: 34 },
    ],
  });
});

test('a bad line is told by its number', () => {
  const problems = [`${line('a')}\n{`, `\n\n[1]`, `${line('a')}\n\n${line('a')}`, ''].map((text) =>
    readBatchFile(text),
  );

  const texts = problems.map((read) => (read.kind === 'bad' ? read.problem : 'read'));
  assert.match(texts[0] ?? '', /^line 2: it is not JSON/u);
  assert.match(texts[1] ?? '', /^line 3: it is no batch line/u);
  assert.equal(texts[2], 'line 3: its custom_id is that of line 1 already');
  assert.equal(texts[3], 'line 1: the file holds no line');
});
