import assert from 'node:assert/strict';
import { test } from 'node:test';
import { customEventAttributes, spanExtras } from '../../../shared/telemetry/application-insights-fields.ts';
import { cleanFields } from '../../../shared/telemetry/clean-fields.ts';

test('the numbers of an event become measurements, everything else dimensions', () => {
  const attributes = customEventAttributes('ai_completion', {
    latencyMs: 1.5,
    region: 'sweden',
    streamed: false,
    list: ['a'],
  });

  assert.deepEqual(attributes, {
    region: 'sweden',
    streamed: false,
    list: ['a'],
    'microsoft.custom_measurements': '{"latencyMs":1.5}',
    'microsoft.custom_event.name': 'ai_completion',
  });
});

test('an event without numbers has no measurements', () => {
  assert.deepEqual(customEventAttributes('woke', {}), { 'microsoft.custom_event.name': 'woke' });
});

test('what the exporter drops from a span is there a second time under app.', () => {
  assert.deepEqual(spanExtras({ 'error.type': 'throttled', 'server.port': 443, 'sluice.region': 'sweden' }), {
    'app.error.type': 'throttled',
    'app.server.port': 443,
    'microsoft.custom_measurements': '{"server.port":443}',
  });
});

test('fields are cut to a bounded length', () => {
  const clean = cleanFields({ text: 'x'.repeat(5000), list: Array.from({ length: 100 }, () => 'y'.repeat(5000)) });

  assert.equal(String(clean['text']).length, 1024);
  assert.ok(JSON.stringify(clean['list']).length <= 32 * 1027 + 2);
});
