import { z } from 'zod';

/** One line of a batch file. What the app itself checks (the request) is left to the app. */
export interface BatchLine {
  /** From 1, as an editor counts. */
  readonly number: number;
  readonly customId: string;
  /** The JSON as it stands in the file. */
  readonly text: string;
  /** Length in bytes of UTF-8. */
  readonly bytes: number;
}

export type ReadBatch =
  | { readonly kind: 'read'; readonly lines: readonly BatchLine[] }
  | { readonly kind: 'bad'; readonly problem: string };

/** A submit call takes no more than 16 MB. */
const mostBytes = 15 * 1024 * 1024;

const lineSchema = z.looseObject({ custom_id: z.string().min(1) });

/** Reads a file of OpenAI batch lines; empty lines are passed over. */
export function readBatchFile(text: string): ReadBatch {
  const lines: BatchLine[] = [];
  const numbers = new Map<string, number>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/u, '')
    .split('\n')
    .entries()) {
    const number = index + 1;
    const line = raw.trim() === '' ? undefined : readLine(raw.trim(), number);
    if (line === undefined) {
      continue;
    }
    const first = typeof line === 'string' ? undefined : numbers.get(line.customId);
    if (typeof line === 'string' || first !== undefined) {
      const problem = typeof line === 'string' ? line : `its custom_id is that of line ${first} already`;
      return { kind: 'bad', problem: `line ${number}: ${problem}` };
    }
    numbers.set(line.customId, number);
    lines.push(line);
  }
  return lines.length === 0 ? { kind: 'bad', problem: 'line 1: the file holds no line' } : { kind: 'read', lines };
}

/** The line, or what is wrong with it. */
function readLine(text: string, number: number): BatchLine | string {
  const bytes = Buffer.byteLength(text);
  if (bytes > mostBytes) {
    return `it has ${bytes} bytes, and a submit call takes ${mostBytes}`;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `it is not JSON (${error instanceof Error ? error.message : String(error)})`;
  }
  const parsed = lineSchema.safeParse(value);
  return parsed.success
    ? { number, customId: parsed.data.custom_id, text, bytes }
    : 'it is no batch line: {"custom_id":"…","method":"POST","url":"/v1/chat/completions","body":{…}}';
}
