import { violentPrompt } from '../chat/content-filter.ts';
import type { Fault } from './model-faults.ts';
import { gatewayError, invalidRequest, promptFiltered, quotaExceeded, type ServiceError } from '../service-error.ts';

/** A stall ends when the caller goes; one that never does is cut after ten minutes. */
const longestStallMs = 600_000;

type RowFault = Omit<Fault, 'row' | 'region' | 'deployment' | 'probability' | 'count'>;

function refusal({ body, code, status }: ServiceError, rest: Partial<RowFault> = {}): RowFault {
  return { status, code, body, ...rest };
}

function quota(retryAfterSeconds: number): ServiceError {
  return quotaExceeded({ operation: 'chat', apiVersion: '2024-10-21', by: 'tokens', retryAfterSeconds });
}

const modelMaximum = 'This model supports at most 16384 completion tokens, whereas you provided more.';
const longField = "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576.";

/**
 * The ways in which the service fails, as observed or documented, each under a name. What a row gives is a fault as it
 * could be spelt out; fields of the request go over it.
 */
const rows = {
  'quota-429': refusal(quota(1), { headers: { 'retry-after': '1', 'retry-after-ms': '1000' } }),
  /** The trap: the window is 60 s, the wait that is told is none. */
  'quota-429-lying': refusal(quota(1), { headers: { 'retry-after': '1', 'retry-after-ms': '0' } }),
  'quota-429-a-day': refusal(quota(86_400), { headers: { 'retry-after': '86400', 'retry-after-ms': '86400000' } }),
  'capacity-429': { status: 429, code: 'no_capacity' },
  /** A 200 whose stream ends with an error event; a plain call gets the 429. */
  'no-capacity-in-stream': { status: 429, code: 'no_capacity', afterFirstByte: true },
  /** The same as the first and only event. */
  'no-capacity-as-stream': { status: 429, code: 'no_capacity', afterFirstByte: true, afterTokens: 0 },
  'error-in-stream': { status: 500, afterFirstByte: true },
  'context-length': refusal(
    invalidRequest({
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 128001 tokens. " +
        'Please reduce the length of the messages.',
      param: 'messages',
      code: 'context_length_exceeded',
    }),
  ),
  'string-too-long': refusal(
    invalidRequest({ message: longField, param: 'messages[0].content', code: 'string_above_max_length' }),
  ),
  'invalid-request': refusal(invalidRequest({ message: modelMaximum, param: 'max_tokens', code: null })),
  'content-filter': refusal(promptFiltered(violentPrompt)),
  '401': { status: 401 },
  '403': { status: 403 },
  '403-network': refusal(gatewayError(403, '403', 'Access denied due to Virtual Network/Firewall rules.')),
  '403-blocked': refusal(
    gatewayError(
      403,
      '403',
      'Your resource has been temporarily blocked because we detected behavior that may violate our terms.',
    ),
  ),
  '404-deployment': { status: 404 },
  '408': { status: 408 },
  '431': { status: 431, body: '<html><body><h1>431 Request Header Fields Too Large</h1></body></html>' },
  '500': { status: 500 },
  '502': { status: 502 },
  '503': { status: 503 },
  '504': { status: 504 },
  'html-502': {
    status: 502,
    body: '<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>',
  },
  'html-503': { status: 503, body: '<html><body><h1>503 Service Unavailable</h1></body></html>' },
  /** Before the first byte. */
  'cut-connection': { status: 0 },
  /** Half way: a stream after two tokens, a plain answer in the middle of its JSON. */
  'cut-stream': { status: 0, afterFirstByte: true },
  'stalled-stream': { status: 0, afterFirstByte: true, stallMs: longestStallMs },
  /** Not even the head of the answer comes. */
  'stalled-start': { status: 0, delayMs: longestStallMs },
  /** JSON, and no completion. */
  'nonsense-200': { status: 200, body: { result: 'ok' } },
  'empty-choices-200': {
    status: 200,
    body: { id: 'chatcmpl-0', object: 'chat.completion', created: 0, model: '', choices: [] },
  },
  'html-200': { status: 200, body: '<html><body>Signed out.</body></html>' },
} as const satisfies Readonly<Record<string, RowFault>>;

export type FaultRow = keyof typeof rows;

export const faultRowNames: readonly FaultRow[] = Object.keys(rows).filter(isRow);

function isRow(name: string): name is FaultRow {
  return Object.hasOwn(rows, name);
}

/** The fault of a row, without region, deployment and rate. */
export function faultOfRow(row: FaultRow): RowFault {
  return rows[row];
}
