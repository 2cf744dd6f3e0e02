import { styleText } from 'node:util';
import type { RegionWindow } from './admin-api.ts';
import { thousands } from './summary.ts';

/** Where the run stands. */
export interface RunView {
  readonly lines: number;
  readonly done: number;
  readonly running: number;
  readonly deadLettered: number;
  readonly seconds: number;
  readonly regions: readonly RegionWindow[];
}

/** Draws a text in a colour, or leaves it plain. */
export type Paint = (format: 'green' | 'cyan' | 'red' | 'yellow' | 'dim' | 'bold', text: string) => string;

export const plain: Paint = (_, text) => text;
export const coloured: Paint = (format, text) => styleText(format, text, { stream: process.stderr });

const widestBar = 50;
const nameWidth = 16;

/** From this share on a region can take only small jobs, until its window moves on. */
const usedUp = 0.93;

/** The redrawn lines of a terminal; none is wider than `columns`. */
export function screenLines(view: RunView, columns: number, paint: Paint): readonly string[] {
  const width = Math.max(10, Math.min(widestBar, columns - nameWidth - 8));
  const ended = view.done + view.deadLettered;
  const percent = `${Math.floor((ended / view.lines) * 100)} %`.padStart(6);
  const counts = [
    paint('green', `${view.done} done`),
    paint('cyan', `${view.running} running`),
    `${queuedOf(view)} queued`,
    paint('red', `${view.deadLettered} dead-lettered`),
  ];
  return [
    `${clock(view.seconds).padEnd(nameWidth)}${jobBar(view, width, paint)}${percent}`,
    `${' '.repeat(nameWidth)}${counts.join(paint('dim', ' · '))}`,
    '',
    ...view.regions.flatMap((region) => regionLines(region, width, paint)),
  ];
}

/** The same in one line, for a log. */
export function progressLine(view: RunView): string {
  const { done, running, deadLettered, lines } = view;
  const counts = `done ${done} · running ${running} · queued ${queuedOf(view)} · dead-lettered ${deadLettered} of ${lines}`;
  const regions = view.regions.map((region) => `${region.region} ${quotaText(region)}`).join(' · ');
  return `${clock(view.seconds)}  ${counts} | ${regions}`;
}

function queuedOf({ lines, done, running, deadLettered }: RunView): number {
  return Math.max(0, lines - done - running - deadLettered);
}

function jobBar(view: RunView, width: number, paint: Paint): string {
  const cells = (count: number): number => Math.round((count / view.lines) * width);
  const done = cells(view.done);
  const dead = cells(view.done + view.deadLettered) - done;
  const running = Math.max(0, Math.min(width, cells(view.done + view.deadLettered + view.running)) - done - dead);
  const rest = width - done - dead - running;
  return (
    paint('green', '█'.repeat(done)) +
    paint('red', '█'.repeat(dead)) +
    paint('cyan', '▒'.repeat(running)) +
    paint('dim', '░'.repeat(rest))
  );
}

function regionLines(region: RegionWindow, width: number, paint: Paint): readonly string[] {
  const share = region.limit === 0 ? 0 : Math.min(1, region.cost / region.limit);
  const filled = Math.round(share * width);
  const bar = paint('yellow', '━'.repeat(filled)) + paint('dim', '─'.repeat(width - filled));
  const name = region.region.slice(0, nameWidth - 1).padEnd(nameWidth);
  const throttled = region.throttled429 === 0 ? 'no 429' : paint('red', `${region.throttled429} × 429`);
  return [
    `${name}${bar}${`${Math.round(share * 100)} %`.padStart(6)}`,
    `${' '.repeat(nameWidth)}${quotaText(region)}${paint('dim', ' · ')}${throttled}${share >= usedUp ? paint('yellow', ' · at quota') : ''}`,
  ];
}

function quotaText({ cost, limit }: RegionWindow): string {
  return `${thousands(Math.round(cost))} of ${thousands(limit)} tokens/min`;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
