import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTracedCalls } from '../../../bench/pacing/process-trace.ts';

const call = {
  type: 'record',
  name: 'ai_completion',
  fields: { jobId: 'a', region: 'eastus', waitMs: 7, outcome: 'x' },
};

test('answered and failed calls are read; spans, other records and a cut last line are passed over', () => {
  const lines = [
    JSON.stringify(call),
    JSON.stringify({ ...call, name: 'ai_completion_error' }),
    JSON.stringify({ ...call, type: 'span' }),
    JSON.stringify({ ...call, name: 'pump_error' }),
    '{"type":"record","name":"ai_comp',
  ];

  const read = { jobId: 'a', region: 'eastus', waitMs: 7 };
  assert.deepEqual(parseTracedCalls(lines.join('\n')), [read, read]);
});
