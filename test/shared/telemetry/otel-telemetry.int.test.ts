import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as z from 'zod';
import { otelTelemetry } from '../../../shared/telemetry/otel-telemetry.ts';
import { parseTraceparent } from '../../../shared/telemetry/traceparent.ts';
import { telemetryContract, type TelemetryOutput } from '../../contracts/telemetry-contract.ts';
import { warningsOf } from './warnings.ts';

const fields = z.record(z.string(), z.unknown());
const lineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('span'),
    name: z.string(),
    kind: z.string(),
    traceId: z.string(),
    spanId: z.string(),
    parentSpanId: z.string().optional(),
    timeMs: z.number(),
    durationMs: z.number(),
    isError: z.boolean(),
    links: z.array(z.object({ traceId: z.string(), spanId: z.string() })),
    fields,
    service: z.string(),
  }),
  z.object({
    type: z.literal('record'),
    name: z.string(),
    timeMs: z.number(),
    traceId: z.string().optional(),
    spanId: z.string().optional(),
    fields,
    service: z.string(),
  }),
]);

telemetryContract('OpenTelemetry to a file', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'telemetry-'));
  const file = path.join(folder, 'deep', 'traces.ndjson');
  const telemetry = await otelTelemetry({ traceFile: file, serviceName: 'test' });
  return {
    telemetry,
    output: async () => {
      await telemetry.flush();
      return read(file);
    },
    dispose: async () => {
      await telemetry.shutdown();
      await rm(folder, { recursive: true });
    },
  };
});

describe('telemetry settings', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'telemetry-'));
  });
  after(async () => rm(folder, { recursive: true }));

  it('spans have valid and distinct traceparents when nothing is set', async () => {
    const telemetry = await otelTelemetry({ serviceName: 'test' });

    const spans = [1, 2].map(() => telemetry.startSpan('job', { kind: 'consumer' }));
    for (const span of spans) {
      span.end();
    }
    await telemetry.flush();
    await telemetry.shutdown();

    assert.equal(new Set(spans.map((span) => parseTraceparent(span.traceparent)?.spanId ?? 'none')).size, 2);
  });

  it("under the Functions host the span of an invocation is internal, and a job's stays a consumer", async () => {
    const file = path.join(folder, 'hosted.ndjson');
    const telemetry = await otelTelemetry({ traceFile: file, serviceName: 'test', isHosted: true });
    for (const name of ['pump', 'job']) {
      telemetry.startSpan(name, { kind: 'consumer' }).end();
    }
    await telemetry.shutdown();

    const { spans } = await read(file);

    assert.deepEqual(
      spans.map((span) => [span.name, span.kind]),
      [
        ['pump', 'internal'],
        ['job', 'consumer'],
      ],
    );
  });

  it('a path that cannot be written costs one warning, and nothing else', async () => {
    const blocked = path.join(folder, 'a-file');
    await writeFile(blocked, '');

    const warnings = await warningsOf(async () => {
      const telemetry = await otelTelemetry({ traceFile: path.join(blocked, 'traces'), serviceName: 'test' });
      for (let round = 0; round < 3; round++) {
        telemetry.startSpan('job', { kind: 'consumer' }).end();
        await telemetry.flush();
      }
      await telemetry.shutdown();
    });

    assert.match(warnings, /^telemetry: the trace file cannot be written \(ENOTDIR\)[^\n]*\n$/u);
  });

  it('a connection string that makes no sense costs one warning that does not quote it', async () => {
    const file = path.join(folder, 'fallback.ndjson');

    const warnings = await warningsOf(async () => {
      const telemetry = await otelTelemetry({ connectionString: 's3cret', traceFile: file, serviceName: 'test' });
      telemetry.startSpan('job', { kind: 'consumer' }).end();
      await telemetry.shutdown();
    });

    assert.match(warnings, /^telemetry: Application Insights could not be set up [^\n]*\n$/u);
    assert.doesNotMatch(warnings, /s3cret/u);
    assert.equal((await read(file)).spans.length, 1);
  });
});

async function read(file: string): Promise<TelemetryOutput> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lineSchema.parse(JSON.parse(line)));
  return {
    spans: lines.flatMap((line) => {
      if (line.type === 'record') {
        return [];
      }
      const { 'error.type': errorType, ...rest } = line.fields;
      return {
        ...line,
        parentSpanId: line.parentSpanId,
        links: line.links.map((link) => link.spanId),
        startMs: line.timeMs,
        endMs: line.timeMs + line.durationMs,
        errorType: line.isError ? z.string().parse(errorType) : undefined,
        fields: rest,
      };
    }),
    records: lines.flatMap((line) =>
      line.type === 'span'
        ? []
        : { eventName: line.name, traceId: line.traceId, spanId: line.spanId, fields: line.fields },
    ),
  };
}
