import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { sluice, spanNames } from '../../shared/telemetry/names.ts';

const spanSchema = z.object({
  type: z.literal('span'),
  name: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  fields: z.record(z.string(), z.unknown()),
});

/**
 * How often each job's result was stored, as the processes themselves tell: spans of deliveries that ended `completed`,
 * by the job that their model call names. A killed process may not have told its last ones.
 */
export async function readStoredResults(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const spans = (await Promise.all(files.map(readSpans))).flat();
  const completed = new Set(
    spans
      .filter(({ name, fields }) => name === spanNames.job && fields[sluice.outcome] === 'completed')
      .map(({ spanId }) => spanId),
  );
  const jobs = new Map<string, string>();
  for (const { fields, parentSpanId } of spans) {
    const jobId = fields[sluice.jobId];
    if (typeof jobId === 'string' && parentSpanId !== undefined && completed.has(parentSpanId)) {
      jobs.set(parentSpanId, jobId);
    }
  }
  const counts = new Map<string, number>();
  for (const jobId of jobs.values()) {
    counts.set(jobId, (counts.get(jobId) ?? 0) + 1);
  }
  return counts;
}

/** None when the process wrote no file; the cut last line of a killed one is passed over. */
async function readSpans(file: string): Promise<readonly z.infer<typeof spanSchema>[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return '';
    }
    throw error;
  });
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"type":"span"') && line.endsWith('}'))
    .flatMap((line) => {
      const parsed = spanSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    });
}
