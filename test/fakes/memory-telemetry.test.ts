import { telemetryContract } from '../contracts/telemetry-contract.ts';
import { memoryTelemetry } from './memory-telemetry.ts';

telemetryContract('memory', async () => {
  const telemetry = memoryTelemetry();
  return {
    telemetry,
    output: async () => ({
      spans: telemetry.spans.flatMap((span) => (span.endMs === undefined ? [] : { ...span, endMs: span.endMs })),
      records: telemetry.records,
    }),
    dispose: async () => undefined,
  };
});
