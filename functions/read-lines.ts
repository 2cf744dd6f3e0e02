import { JsonReader, type JsonRead } from '../shared/json/json-reader.ts';
import { requestLimits } from '../shared/json/read-json.ts';

/** Longest line, in characters; the job of a longer one is sent as a JSON body, alone. */
export const longestLine = 8 * 1024 * 1024;

/** Lines of JSON that come in piece by piece. */
export interface JsonLines {
  readonly write: (piece: string) => void;
  /** The lines that were completed since the last call; blank ones are left out. */
  readonly takeLines: () => readonly JsonRead[];
  /** What is left is the last line. */
  readonly end: () => void;
}

/** Reads each line by itself: one that is no JSON, or too long, is one bad line, whose rest is skipped. */
export function openJsonLines(): JsonLines {
  let lines: JsonRead[] = [];
  let reader = new JsonReader(requestLimits);
  let length = 0;
  let isBlank = true;
  const add = (piece: string): void => {
    length += piece.length;
    isBlank &&= piece.trim() === '';
    if (length <= longestLine) {
      reader.write(piece);
    }
  };
  const endLine = (): void => {
    if (!isBlank) {
      lines.push(length <= longestLine ? reader.end() : tooLong);
    }
    reader = new JsonReader(requestLimits);
    length = 0;
    isBlank = true;
  };
  return {
    write: (piece) => {
      let start = 0;
      for (let end = piece.indexOf('\n'); end !== -1; end = piece.indexOf('\n', start)) {
        add(piece.slice(start, end));
        endLine();
        start = end + 1;
      }
      add(piece.slice(start));
    },
    takeLines: () => {
      const taken = lines;
      lines = [];
      return taken;
    },
    end: endLine,
  };
}

const tooLong: JsonRead = {
  kind: 'invalid',
  problems: [
    {
      path: '',
      message: `the line is longer than ${longestLine} characters: send the job by itself, as application/json`,
    },
  ],
};
