import type { HeatRow } from './heat.ts';
import { byContender, type Column, columns } from './table.ts';

const panel = { width: 400, plotLeft: 140, plotRight: 330, top: 64, rowHeight: 26, gap: 44 } as const;
const perLine = 2;
const titleHeight = 58;

const style = `
  svg { font: 13px system-ui, sans-serif; }
  .ground { fill: #ffffff; } .text { fill: #1f2328; } .dim { fill: #59636e; } .axis { stroke: #d1d9e0; }
  .bar { fill: #8c959f; } .bar.own { fill: #0969da; } .seed { fill: #1f2328; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } .text { fill: #f0f6fc; } .dim { fill: #9198a1; } .axis { stroke: #3d444d; }
    .bar { fill: #656c76; } .bar.own { fill: #4493f8; } .seed { fill: #f0f6fc; }
  }`;

/** An SVG with a panel for each figure: a bar for the mean of each contender, a dot for each seed. */
export function plotSvg(rows: readonly HeatRow[], title: string): string {
  const height = panelHeight(rows);
  const lines = Math.ceil(columns.length / perLine);
  const size = { width: perLine * panel.width + 20, height: titleHeight + lines * height };
  const panels = columns.map((column, index) => {
    const x = (index % perLine) * panel.width + 20;
    const y = titleHeight + Math.floor(index / perLine) * height;
    return `<g transform="translate(${x} ${y})">${panelOf(rows, column)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${style}\n</style>`,
    `<rect class="ground" width="${size.width}" height="${size.height}"/>`,
    text({ x: 20, y: 30, content: title, classes: 'text', more: 'font-size="17" font-weight="600"' }),
    text({ x: 20, y: 50, content: 'Bars: mean of the seeds; dots: each seed.', classes: 'dim' }),
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function panelHeight(rows: readonly HeatRow[]): number {
  return panel.top + byContender(rows).size * panel.rowHeight + panel.gap;
}

function panelOf(rows: readonly HeatRow[], column: Column): string {
  const { plotLeft, plotRight, rowHeight, top } = panel;
  const most = niceTop(Math.max(0, ...rows.map(column.of).filter(Number.isFinite)));
  const place = (value: number): number => plotLeft + (value / most) * (plotRight - plotLeft);
  const bottom = top + byContender(rows).size * rowHeight;
  const ticks = [0, most / 2, most].map((value) => {
    const x = place(value);
    const line = `<line class="axis" x1="${round(x)}" x2="${round(x)}" y1="${top - 6}" y2="${bottom}"/>`;
    const label = { x, y: bottom + 16, content: tickText(value), classes: 'dim', more: 'text-anchor="middle"' };
    return line + text(label);
  });
  const bars = [...byContender(rows)].map(([contender, own], index) => {
    const y = top + index * rowHeight;
    const values = own.map(column.of).filter(Number.isFinite);
    const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const name = { x: plotLeft - 10, y: y + 14, content: contender, classes: 'text', more: 'text-anchor="end"' };
    const figure = { x: plotRight + 12, y: y + 14, content: mean.toFixed(column.digits), classes: 'text' };
    const seeds = values.map((value) => `<circle class="seed" cx="${round(place(value))}" cy="${y + 9}" r="2.5"/>`);
    const width = round(place(mean) - plotLeft);
    const bar = `<rect class="bar${contender === 'sluice' ? ' own' : ''}" x="${plotLeft}" y="${y + 2}" width="${width}" height="14"/>`;
    return [text(name), bar, ...seeds, text(figure)].join('');
  });
  const heading = text({ x: 0, y: 24, content: column.name, classes: 'text', more: 'font-weight="600"' });
  const unit = `${column.unit}; ${column.better} is better`;
  return [heading, text({ x: 0, y: 42, content: unit, classes: 'dim' }), ...ticks, ...bars].join('\n');
}

/** The least of a few round numbers × a power of ten that is not below the value; 1 for nothing. */
export function niceTop(value: number): number {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 1.5, 2, 3, 5].find((step) => step * power >= value) ?? 10) * power;
}

function tickText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function text(input: {
  readonly x: number;
  readonly y: number;
  readonly content: string;
  readonly classes: string;
  readonly more?: string;
}): string {
  const { classes, content, more = '', x, y } = input;
  return `<text class="${classes}" x="${round(x)}" y="${y}" ${more}>${escapeText(content)}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
