import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { TraceFile } from '../../../shared/telemetry/otel-trace-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'trace-file-'));
  file = path.join(folder, 'traces.ndjson');
});
afterEach(async () => rm(folder, { recursive: true }));

test('lines come out in order, after what an earlier run wrote', async () => {
  for (const run of ['a', 'b']) {
    const trace = new TraceFile(file);
    trace.write(`${run}1`);
    void trace.flush();
    trace.write(`${run}2`);
    await trace.close();
  }

  assert.equal(await readFile(file, 'utf8'), 'a1\na2\nb1\nb2\n');
});

test('the file and the one before it stay within the limit, with the newest lines in them', async () => {
  const trace = new TraceFile(file, { maxBytes: 100 });
  for (let line = 0; line < 50; line++) {
    trace.write(`line ${String(line).padStart(4, '0')}`);
    await trace.flush();
  }

  assert.deepEqual((await readdir(folder)).toSorted(), ['traces.ndjson', 'traces.ndjson.1']);
  for (const name of [file, `${file}.1`]) {
    assert.ok((await stat(name)).size <= 100);
  }
  const kept = `${await readFile(`${file}.1`, 'utf8')}${await readFile(file, 'utf8')}`.trimEnd().split('\n');
  assert.equal(kept.at(-1), 'line 0049');
  assert.equal(kept.at(0), `line ${String(50 - kept.length).padStart(4, '0')}`);
});

test('a line after the close is dropped', async () => {
  const trace = new TraceFile(file);
  trace.write('kept');
  await trace.close();
  trace.write('dropped');
  await trace.flush();

  assert.equal(await readFile(file, 'utf8'), 'kept\n');
});
