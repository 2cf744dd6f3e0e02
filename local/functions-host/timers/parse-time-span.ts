/** Milliseconds of a .NET time span, `[d.]hh:mm:ss[.fffffff]`; `undefined` for any other text. */
export function parseTimeSpanMs(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,7}))?$/u.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, days = '0', hours = '', minutes = '', seconds = '', fraction = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) {
    return undefined;
  }
  const wholeSeconds = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
  return wholeSeconds * 1000 + Math.floor(Number(`0.${fraction}`) * 1000);
}
