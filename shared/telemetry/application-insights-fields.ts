import type { CleanFields } from './clean-fields.ts';
import { general } from './names.ts';

/** Attribute names that the Azure Monitor exporter gives a meaning of its own (1.0.0-beta.47, `utils/constants`). */
export const azureMonitor = {
  customEventName: 'microsoft.custom_event.name',
  customMeasurements: 'microsoft.custom_measurements',
  operationName: 'ai.operation.name',
} as const;

/** Attributes that the exporter reads for itself and leaves out of `customDimensions`. */
const dropped: ReadonlySet<string> = new Set([
  general.errorType,
  general.serverAddress,
  general.serverPort,
  general.httpRequestMethod,
  general.httpResponseStatusCode,
]);

/**
 * Attributes of a custom event: numbers go to `customMeasurements`, where they stay numbers (as dimensions they would
 * become text), everything else to `customDimensions`.
 */
export function customEventAttributes(eventName: string, fields: CleanFields): CleanFields {
  const entries = Object.entries(fields);
  return {
    ...Object.fromEntries(entries.filter(([, value]) => typeof value !== 'number')),
    ...copiesOfDropped(fields),
    ...measurements(fields),
    [azureMonitor.customEventName]: eventName,
  };
}

/** What a span needs besides its own attributes, just before it ends: its numbers once more, as measurements. */
export function spanExtras(attributes: CleanFields): CleanFields {
  return { ...copiesOfDropped(attributes), ...measurements(attributes) };
}

function copiesOfDropped(fields: CleanFields): CleanFields {
  const kept = Object.entries(fields).filter(([key]) => dropped.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [`app.${key}`, value]));
}

/** The exporter takes a JSON object as text: span attributes cannot be objects. */
function measurements(fields: CleanFields): CleanFields {
  const numbers = Object.entries(fields).filter(([, value]) => typeof value === 'number');
  return numbers.length === 0 ? {} : { [azureMonitor.customMeasurements]: JSON.stringify(Object.fromEntries(numbers)) };
}
