import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { eventNames } from '../../shared/telemetry/names.ts';

/** A model call as the process that made it told it, in a trace file of its own. */
export interface TracedCall {
  readonly jobId: string;
  readonly region: string;
  /** From asking for a start to calling, in ms: the wait for quota, without the time in the queue. */
  readonly waitMs: number;
}

const recordSchema = z.object({
  type: z.literal('record'),
  name: z.enum([eventNames.aiCompletion, eventNames.aiCompletionError]),
  fields: z.object({ jobId: z.string(), region: z.string(), waitMs: z.number() }),
});

/** The model calls of a trace file; none when the process wrote no file. */
export async function readTracedCalls(file: string): Promise<readonly TracedCall[]> {
  try {
    return parseTracedCalls(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return [];
    }
    throw error;
  }
}

/** Spans, other records and the cut last line of a killed process are passed over. */
export function parseTracedCalls(text: string): readonly TracedCall[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .flatMap((line) => {
      const parsed = recordSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data.fields] : [];
    });
}
