import { setTimeout as sleep } from 'node:timers/promises';
import { completionRecord } from '../../../shared/telemetry/completion-record.ts';
import { modelCallResult, modelCallSpan } from '../../../shared/telemetry/model-call-span.ts';
import { sluice, spanNames } from '../../../shared/telemetry/names.ts';
import { otelTelemetry } from '../../../shared/telemetry/otel-telemetry.ts';
import type { Telemetry } from '../../../shared/telemetry/telemetry.ts';
import { completedCall } from './call-outcomes.ts';

/**
 * Run as a child process (certificates to trust are read at the start of a process, and the exporter installs itself
 * for all of it): 200 jobs at about 100 a second, then one flush, told to the parent before and after.
 */
const jobs = 200;
const pauseMs = 10;

const telemetry = await otelTelemetry({
  connectionString: process.env['CONNECTION_STRING'] ?? '',
  serviceName: 'sluice-test',
  serviceVersion: '1.2.3',
});
process.on('message', (message) => process.send?.(message));
const pump = telemetry.startSpan(spanNames.pump, { kind: 'consumer' });
for (let job = 0; job < jobs; job++) {
  runJob(telemetry, pump.traceparent, `job-${job}`);
  await sleep(pauseMs);
}
pump.end();
process.send?.('flushing');
await telemetry.flush();
process.send?.('flushed');
await telemetry.shutdown();
process.disconnect();

function runJob(to: Telemetry, link: string, jobId: string): void {
  const job = to.startSpan(spanNames.job, { kind: 'consumer', links: [link], fields: { [sluice.jobId]: jobId } });
  const wait = to.startSpan(spanNames.wait, { kind: 'internal', parent: job.traceparent });
  wait.end();
  const call = modelCallSpan({
    operation: 'chat',
    model: 'gpt-4o',
    pool: 'gpt-4o',
    region: 'sweden',
    deployment: 'gpt-4o-1',
    jobId,
    attempt: 1,
    isStreamed: false,
    server: { address: 'sweden.openai.azure.com', port: 443 },
  });
  const span = to.startSpan(call.name, { kind: 'client', parent: job.traceparent, fields: call.fields });
  const { fields } = modelCallResult(completedCall);
  span.setFields(fields);
  span.end();
  const record = completionRecord({
    jobId,
    attempt: 1,
    pool: 'gpt-4o',
    region: 'sweden',
    deployment: 'gpt-4o-1',
    model: 'gpt-4o',
    isStreamed: false,
    waitMs: 42,
    outcome: completedCall,
  });
  to.record(record.eventName, record.fields, span);
  job.setFields({ [sluice.settlement]: 'complete', [sluice.waitQuotaMs]: 42 });
  job.end();
}
