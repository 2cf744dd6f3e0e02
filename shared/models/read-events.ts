/** One server-sent event. */
export interface StreamEvent {
  /** The `event:` field; empty when not sent. */
  readonly name: string;
  readonly data: string;
}

/** Takes the text of an event stream in any pieces and gives the events that are complete. */
export interface EventReader {
  readonly feed: (text: string) => readonly StreamEvent[];
}

/**
 * Reads server-sent events (WHATWG HTML, 9.2.6): lines end in CR LF, LF or CR, a blank line ends an event, several
 * `data:` lines are joined, comments and unknown fields are passed over, an event without its blank line is dropped.
 */
export function eventReader(): EventReader {
  let rest = '';
  let isAfterReturn = false;
  let name = '';
  let data: string[] = [];

  const takeLine = (line: string): StreamEvent | undefined => {
    if (line === '') {
      const event = data.length === 0 ? undefined : { name, data: data.join('\n') };
      name = '';
      data = [];
      return event;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line.charAt(colon + 1) === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      data.push(value);
    } else if (field === 'event') {
      name = value;
    }
    return undefined;
  };

  return {
    feed: (text) => {
      const events: StreamEvent[] = [];
      const buffer = rest + (isAfterReturn && text.startsWith('\n') ? text.slice(1) : text);
      isAfterReturn = text === '' ? isAfterReturn : text.endsWith('\r');
      let start = 0;
      for (const ending of buffer.matchAll(/\r\n|\n|\r/gu)) {
        const event = takeLine(buffer.slice(start, ending.index));
        if (event !== undefined) {
          events.push(event);
        }
        start = ending.index + ending[0].length;
      }
      rest = buffer.slice(start);
      return events;
    },
  };
}
