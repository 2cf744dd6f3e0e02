import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutRuns, MAX_RUN_LENGTH, PIECE_LENGTH } from '../../../shared/tokens/cut-runs.ts';
import { longText } from './long-text.ts';

const pieces = (text: string): string[] => [...cutRuns(text)].map((piece) => piece.text);

test('the pieces of any text join back to it, and none is empty', () => {
  fc.assert(
    fc.property(longText, (text) => {
      const cut = pieces(text);
      assert.equal(cut.join(''), text);
      assert.ok(cut.every((piece) => piece !== ''));
    }),
  );
});

test('no piece has a run of more than 256 characters or more than twice the piece length', () => {
  fc.assert(
    fc.property(longText, (text) => {
      for (const piece of pieces(text)) {
        const runs = piece.match(/\s+|\S+/gu) ?? [];
        assert.ok(runs.every((run) => run.length <= MAX_RUN_LENGTH));
        assert.ok(piece.length <= 2 * PIECE_LENGTH + 1);
      }
    }),
  );
});

test('no cut splits a surrogate pair', () => {
  fc.assert(
    fc.property(longText, (text) => {
      let end = 0;
      for (const piece of pieces(text)) {
        end += piece.length;
        const isHigh = /[\uD800-\uDBFF]$/u.test(piece);
        const isLow = /^[\uDC00-\uDFFF]/u.test(text.slice(end));
        assert.ok(!(isHigh && isLow));
      }
    }),
  );
  assert.ok(pieces('😀'.repeat(5000)).every((piece) => piece.isWellFormed()));
});

test('a short text is one piece', () => {
  assert.deepEqual([...cutRuns('Two words.')], [{ text: 'Two words.', isExactEnd: true }]);
  assert.deepEqual([...cutRuns('')], []);
});
