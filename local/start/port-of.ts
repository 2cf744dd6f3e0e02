import type { PortSetting } from './system-ports.ts';
import { wholeNumber } from './whole-number.ts';

/** The port that a flag or a variable gives; else the usual one, or a free one. */
export function portOf(setting: PortSetting, given: unknown, isFree: boolean): number {
  if (typeof given !== 'string' || given === '') {
    return isFree ? 0 : setting.usual;
  }
  return wholeNumber({ name: `--${setting.flag} (${setting.variable})`, text: given, min: 0, max: 65_535 });
}

/** A line of help for each. */
export function describePorts(settings: readonly PortSetting[]): string {
  return settings
    .map(
      ({ flag, variable, usual, part }) => `  ${`--${flag} PORT`.padEnd(28)}${part} (${variable}); default: ${usual}`,
    )
    .join('\n');
}
