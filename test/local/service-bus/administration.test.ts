import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIsoDuration, parseIsoDuration } from '../../../local/service-bus/administration/iso-duration.ts';
import { escapeXml, parseXml, XmlError } from '../../../local/service-bus/administration/xml.ts';

test('a duration is read as it was written, in its shortest form', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 * 86_400_000 }), (ms) => {
      assert.equal(parseIsoDuration(formatIsoDuration(ms)), ms);
    }),
  );
  assert.equal(formatIsoDuration(90_000), 'PT1M30S');
  assert.equal(formatIsoDuration(86_400_000), 'P1D');
  assert.equal(formatIsoDuration(1500), 'PT1.5S');
  assert.equal(formatIsoDuration(0), 'PT0S');
});

test('for ever is infinite, and what is no duration is nothing', () => {
  assert.equal(parseIsoDuration('P10675199DT2H48M5.4775807S'), Number.POSITIVE_INFINITY);
  assert.equal(formatIsoDuration(undefined), 'P10675199DT2H48M5.4775807S');
  for (const text of ['', 'P', 'PT', '10', 'PT5', 'P1Y', 'PT1S ', 'P1DT']) {
    assert.equal(parseIsoDuration(text), undefined, text);
  }
});

test('XML gives back the text that was escaped into it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      assert.equal(parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`).text, text);
    }),
  );
});

test('XML is read with its declarations, prefixes, comments and empty elements', () => {
  const document =
    '<?xml version="1.0"?><!-- c --><d:a x="1>2"><b/><c:b y=\'<\'>1 &#x26; &#50;</c:b><![CDATA[<raw>]]></d:a>';

  assert.deepEqual(parseXml(document), {
    name: 'a',
    text: '<raw>',
    children: [
      { name: 'b', text: '', children: [] },
      { name: 'b', text: '1 & 2', children: [] },
    ],
  });
});

test('what is not well-formed XML is refused', () => {
  for (const document of ['', 'text', '<a>', '</a>', '<a></b>', '<a/><b/>', '<a><b></a></b>', '<!DOCTYPE a><a/>']) {
    assert.throws(() => parseXml(document), XmlError, document);
  }
});
