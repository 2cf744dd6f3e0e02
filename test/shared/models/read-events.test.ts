import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventReader, type StreamEvent } from '../../../shared/models/read-events.ts';

function read(...pieces: readonly string[]): StreamEvent[] {
  const reader = eventReader();
  return pieces.flatMap((piece) => [...reader.feed(piece)]);
}

test('an event is its data lines, joined, and its name', () => {
  assert.deepEqual(read('event: error\ndata: {\ndata: }\n\n'), [{ name: 'error', data: '{\n}' }]);
});

test('comments, unknown fields, blank lines and a missing space are passed over', () => {
  assert.deepEqual(read(': ping\n\n\nid: 1\nretry\ndata:x\n\n'), [{ name: '', data: 'x' }]);
});

test('an event without its blank line is dropped', () => {
  assert.deepEqual(read('data: a\n\ndata: b\n'), [{ name: '', data: 'a' }]);
});

test('events are the same for every line ending and wherever the text is cut', () => {
  const line = fc.constantFrom('data: a', 'data: {"b": 1}', 'event: error', ': comment', '', 'data:', 'x: y');
  fc.assert(
    fc.property(fc.array(line), fc.constantFrom('\n', '\r\n', '\r'), fc.array(fc.nat(200)), (lines, ending, cuts) => {
      const text = [...lines, '', 'data: end', '', ''].join(ending);
      const places = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
      assert.deepEqual(read(...pieces), read([...lines, '', 'data: end', '', ''].join('\n')));
    }),
  );
});
