import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { environmentLines } from '../../../local/start/stack-welcome.ts';

test('a shell reads every value as it was', () => {
  const values = { PLAIN: 'Endpoint=sb://localhost:1;Key=a==', FOLDER: String.raw`/it's/a "$HOME" \\ of \`ours\`` };
  const script = `${environmentLines(values).join('\n')}\nprintf '%s\\n%s' "$PLAIN" "$FOLDER"`;

  const read = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' });

  assert.deepEqual(read.split('\n'), [values.PLAIN, values.FOLDER]);
});
