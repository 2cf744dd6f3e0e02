import { setTimeout as delay } from 'node:timers/promises';
import type { AppApi, Refusal } from './app-api.ts';
import { type IntakeQueue, largestMessageBytes } from './intake-queue.ts';
import type { BatchLine } from './read-batch-file.ts';

/** What a submit call carries at the most. */
const chunkLines = 40;
const chunkBytes = 4 * 1024 * 1024;

export interface SplitLines {
  readonly overHttp: readonly BatchLine[];
  readonly overQueue: readonly BatchLine[];
}

/** Every other line goes over HTTP; of the rest, those that a queue takes go straight onto it. */
export function splitLines(lines: readonly BatchLine[]): SplitLines {
  const goesOverHttp = (line: BatchLine, index: number): boolean => index % 2 === 0 || line.bytes > largestMessageBytes;
  return {
    overHttp: lines.filter((line, index) => goesOverHttp(line, index)),
    overQueue: lines.filter((line, index) => !goesOverHttp(line, index)),
  };
}

/** Submits all lines, both ways at once; `refused` gets those that were refused at once, by number. */
export async function submitLines(
  to: { readonly app: AppApi; readonly queue: IntakeQueue; readonly signal: AbortSignal },
  batchId: string,
  lines: SplitLines,
  refused: Map<number, Refusal>,
): Promise<void> {
  const overHttp = async (): Promise<void> => {
    for (const chunk of chunksOf(lines.overHttp)) {
      for (const [number, refusal] of await submitChunk(to, batchId, chunk)) {
        refused.set(number, refusal);
      }
    }
  };
  await Promise.all([overHttp(), to.queue.send(batchId, lines.overQueue)]);
}

function* chunksOf(lines: readonly BatchLine[]): Generator<readonly BatchLine[], void> {
  let chunk: BatchLine[] = [];
  let bytes = 0;
  for (const line of lines) {
    if (chunk.length === chunkLines || (chunk.length > 0 && bytes + line.bytes > chunkBytes)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(line);
    bytes += line.bytes;
  }
  if (chunk.length > 0) {
    yield chunk;
  }
}

/** Submitting the same lines again changes nothing: a job's id comes from its batch and its `custom_id`. */
async function submitChunk(
  to: { readonly app: AppApi; readonly signal: AbortSignal },
  batchId: string,
  chunk: readonly BatchLine[],
): Promise<readonly (readonly [number, Refusal])[]> {
  for (;;) {
    const answer = await to.app.submit(batchId, chunk.map((line) => line.text).join('\n'));
    if (answer.kind === 'answered') {
      return answer.answers.flatMap(({ index, refusal }) => {
        const line = chunk[index];
        return line === undefined || refusal === undefined ? [] : [[line.number, refusal] as const];
      });
    }
    await delay(answer.afterMs, undefined, { signal: to.signal });
  }
}
