import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Telemetry } from '../../shared/telemetry/telemetry.ts';
import { parseTraceparent } from '../../shared/telemetry/traceparent.ts';

/** What has come out so far, ended spans only. */
export interface TelemetryOutput {
  readonly spans: readonly {
    readonly name: string;
    readonly kind: string;
    readonly traceId: string;
    readonly spanId: string;
    readonly parentSpanId: string | undefined;
    readonly links: readonly string[];
    readonly startMs: number;
    readonly endMs: number;
    readonly errorType: string | undefined;
    readonly fields: object;
  }[];
  readonly records: readonly {
    readonly eventName: string;
    readonly traceId: string | undefined;
    readonly spanId: string | undefined;
    readonly fields: object;
  }[];
}

export interface TelemetryUnderTest {
  readonly telemetry: Telemetry & { readonly shutdown: () => Promise<void> };
  /** Flushes first. */
  readonly output: () => Promise<TelemetryOutput>;
  readonly dispose: () => Promise<void>;
}

const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** What every telemetry does; run on each. */
export function telemetryContract(name: string, open: () => Promise<TelemetryUnderTest>): void {
  describe(`telemetry: ${name}`, () => {
    let under: TelemetryUnderTest;

    beforeEach(async () => {
      under = await open();
    });
    afterEach(async () => under.dispose());

    it('gives a span the trace of its parent and an id of its own', async () => {
      under.telemetry.startSpan('child', { kind: 'client', parent }).end();

      const [span] = (await under.output()).spans;

      assert.equal(span?.traceId, '0af7651916cd43dd8448eb211c80319c');
      assert.equal(span.parentSpanId, 'b7ad6b7169203331');
      assert.notEqual(span.spanId, 'b7ad6b7169203331');
      assert.equal(span.kind, 'client');
    });

    it('keeps a trace whose parent was not sampled', async () => {
      under.telemetry.startSpan('child', { kind: 'client', parent: parent.replace(/01$/u, '00') }).end();

      assert.equal((await under.output()).spans.length, 1);
    });

    it('hands out the traceparent under which its children are found', async () => {
      const job = under.telemetry.startSpan('job', { kind: 'consumer' });
      under.telemetry.startSpan('call', { kind: 'client', parent: job.traceparent }).end();
      job.end();

      const { spans } = await under.output();

      const [first, second] = ['job', 'call'].map((wanted) => spans.find((span) => span.name === wanted));
      assert.deepEqual(parseTraceparent(job.traceparent), {
        traceId: first?.traceId,
        spanId: first?.spanId,
        isSampled: true,
      });
      assert.equal(second?.traceId, first?.traceId);
      assert.equal(second?.parentSpanId, first?.spanId);
    });

    for (const malformed of ['', 'garbage', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, parent.toUpperCase()]) {
      it(`begins a new trace when the parent is ${JSON.stringify(malformed)}`, async () => {
        under.telemetry.startSpan('root', { kind: 'internal', parent: malformed }).end();

        const [span] = (await under.output()).spans;

        assert.match(span?.traceId ?? '', /^(?!0{32})[0-9a-f]{32}$/u);
        assert.notEqual(span?.traceId, '0af7651916cd43dd8448eb211c80319c');
        assert.equal(span?.parentSpanId, undefined);
      });
    }

    it('gives two spans without a parent two traces', async () => {
      under.telemetry.startSpan('one', { kind: 'internal' }).end();
      under.telemetry.startSpan('two', { kind: 'internal' }).end();

      const { spans } = await under.output();

      assert.equal(new Set(spans.map((span) => span.traceId)).size, 2);
    });

    it('keeps links, and leaves malformed ones out', async () => {
      under.telemetry.startSpan('job', { kind: 'consumer', links: [parent, 'garbage'] }).end();

      const [span] = (await under.output()).spans;

      assert.deepEqual(span?.links, ['b7ad6b7169203331']);
    });

    it('keeps the times it is given, to the millisecond', async () => {
      under.telemetry
        .startSpan('wait', { kind: 'internal', startMs: 1_700_000_000_123 })
        .end({ atMs: 1_700_000_002_456 });

      const [span] = (await under.output()).spans;

      assert.equal(span?.startMs, 1_700_000_000_123);
      assert.equal(span.endMs, 1_700_000_002_456);
    });

    it('merges fields, and drops undefined and what is not a finite number', async () => {
      const span = under.telemetry.startSpan('job', { kind: 'consumer', fields: { a: 1, b: 'x', gone: undefined } });
      span.setFields({ a: 2, list: ['y'], yes: true, nan: Number.NaN });
      span.end();

      const [kept] = (await under.output()).spans;

      assert.deepEqual(kept?.fields, { a: 2, b: 'x', list: ['y'], yes: true });
    });

    it('marks a failed span with its error type', async () => {
      under.telemetry.startSpan('call', { kind: 'client' }).end({ errorType: 'throttled' });
      under.telemetry.startSpan('call', { kind: 'client' }).end();

      const { spans } = await under.output();

      assert.deepEqual(
        spans.map((span) => span.errorType),
        ['throttled', undefined],
      );
    });

    it('ends a span once, and takes no fields after that', async () => {
      const span = under.telemetry.startSpan('job', { kind: 'consumer', startMs: 1_700_000_000_000 });
      span.end({ atMs: 1_700_000_000_001 });
      span.end({ atMs: 1_700_000_000_002, errorType: 'late' });
      span.setFields({ late: true });

      const { spans } = await under.output();

      assert.equal(spans.length, 1);
      assert.equal(spans[0]?.endMs, 1_700_000_000_001);
      assert.equal(spans[0].errorType, undefined);
      assert.equal('late' in spans[0].fields, false);
    });

    it("joins a record to its span's trace, and leaves one without a span alone", async () => {
      const span = under.telemetry.startSpan('call', { kind: 'client', parent });
      under.telemetry.record('ai_completion', { latencyMs: 12.5, gone: undefined }, span);
      span.end();
      under.telemetry.record('alone', {});

      const { records, spans } = await under.output();

      const { traceId, spanId } = spans[0] ?? {};
      assert.deepEqual(records, [
        { eventName: 'ai_completion', traceId, spanId, fields: { latencyMs: 12.5 } },
        { eventName: 'alone', traceId: undefined, spanId: undefined, fields: {} },
      ]);
    });

    it('neither throws nor keeps anything after it was shut down', async () => {
      const open_ = under.telemetry.startSpan('open', { kind: 'internal' });
      await under.telemetry.shutdown();

      const late = under.telemetry.startSpan('late', { kind: 'internal', parent });
      late.setFields({ a: 1 });
      under.telemetry.record('late', {}, late);
      late.end();
      open_.end();
      await under.telemetry.flush();
      await under.telemetry.shutdown();

      assert.equal(parseTraceparent(late.traceparent)?.traceId, '0af7651916cd43dd8448eb211c80319c');
      assert.deepEqual(await under.output(), { spans: [], records: [] });
    });
  });
}
