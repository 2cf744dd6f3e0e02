import assert from 'node:assert/strict';
import { test } from 'node:test';
import { niceTop, plotSvg } from '../../../bench/peers/plot.ts';
import { columns, markdownTable, textTable } from '../../../bench/peers/table.ts';
import { heatRow } from './rows.ts';

const rows = [
  heatRow({ contender: 'sluice', setting: undefined, seed: 2, utilisation: 0.98 }),
  heatRow({ contender: 'sluice', setting: undefined, seed: 3, utilisation: 0.96 }),
  heatRow({ contender: 'bottleneck', seed: 2, throttledPer1000: 12.34 }),
  heatRow({ contender: 'bottleneck', seed: 3, throttledPer1000: 12.34, valid: false }),
];

test('the table in Markdown has a line for each contender, with the mean and the range over its seeds', () => {
  const lines = markdownTable(rows)
    .split('\n')
    .map((line) => line.replaceAll(/ +/gu, ' '));

  assert.match(lines[2] ?? '', /^\| sluice \| defaults \| 0\.970 \(0\.960–0\.980\) \| 0\.0 \|/u);
  assert.match(lines[3] ?? '', /^\| bottleneck \| 0\.97 of the limit, every 5 s \| 0\.970 \| 12\.3 \|/u);
});

test('both tables name a run that was void', () => {
  assert.match(markdownTable(rows), /Void[^|]*: bottleneck with seed 3\./u);
  assert.equal(textTable(rows).match(/VOID/gu)?.length, 1);
});

test('a table of nothing but valid runs says nothing of void ones', () => {
  assert.doesNotMatch(markdownTable(rows.slice(0, 3)), /Void/u);
});

test('the plot has a panel for each figure, a bar for each contender and a dot for each seed', () => {
  const svg = plotSvg(rows, 'A < B & C');

  assert.equal(svg.match(/class="bar( own)?"/gu)?.length, columns.length * 2);
  assert.equal(svg.match(/<circle/gu)?.length, columns.length * rows.length);
  for (const { name } of columns) {
    assert.ok(svg.includes(`>${name}</text>`), name);
  }
  assert.match(svg, /A &lt; B &amp; C/u);
  assert.match(svg, /prefers-color-scheme: dark/u);
});

test('the plot draws nothing where a figure was not measured', () => {
  const svg = plotSvg([heatRow({ utilisation: Number.NaN })], 'short');

  assert.doesNotMatch(svg, /(?:width|cx|x)="NaN"/u);
});

test('an axis ends at a round number that is not below the most', () => {
  assert.deepEqual([0, 0.98, 1, 1.2, 4.9, 77, 260].map(niceTop), [1, 1, 1, 1.5, 5, 100, 300]);
});
