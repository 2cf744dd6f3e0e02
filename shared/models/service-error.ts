import type { JsonObject } from '../json.ts';
import { isJsonObject, jsonAt, textAt } from '../tokens/json-guards.ts';

/** An error as the service, or a gateway before it, words it. Empty texts where it says nothing. */
export interface ServiceError {
  /** `error.code`, a number as text; `error.innererror.code` is not taken here. */
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly param: string;
  readonly inner: JsonObject | undefined;
}

const MAX_MESSAGE = 1000;

/**
 * Reads `{"error": {…}}` (the service), `{"error": "…"}` and `{"statusCode", "message"}` (API Management), a bare error
 * object (the inside of an SDK error), or text (an HTML page of a proxy: its title). Never throws.
 */
export function serviceErrorIn(body: unknown): ServiceError {
  if (typeof body === 'string') {
    return { code: '', type: '', message: plainText(body), param: '', inner: undefined };
  }
  const wrapped = jsonAt(body, 'error');
  if (typeof wrapped === 'string') {
    return {
      code: wrapped.slice(0, 100),
      type: '',
      message: clipped(textAt(body, 'message') ?? wrapped),
      param: '',
      inner: undefined,
    };
  }
  const error = isJsonObject(wrapped) ? wrapped : body;
  const inner = jsonAt(error, 'innererror') ?? jsonAt(error, 'inner_error');
  return {
    code: codeIn(error) ?? codeIn(body) ?? '',
    type: (textAt(error, 'type') ?? '').slice(0, 100),
    message: clipped(textAt(error, 'message') ?? ''),
    param: (textAt(error, 'param') ?? '').slice(0, 100),
    inner: isJsonObject(inner) ? inner : undefined,
  };
}

/** The service's own words, or what there is to say without them. */
export function errorMessageIn(error: ServiceError, status: number): string {
  return error.message === '' ? `The service answered ${status} without a message.` : error.message;
}

function codeIn(error: unknown): string | undefined {
  const code = jsonAt(error, 'code');
  return typeof code === 'number' ? String(code) : textAt(error, 'code')?.slice(0, 100);
}

function plainText(page: string): string {
  const title = /<title>([^<]{1,200})<\/title>/iu.exec(page.slice(0, 5000))?.[1];
  return clipped((title ?? page.slice(0, 5000).replaceAll(/<[^>]{0,500}>/gu, ' ')).replaceAll(/\s+/gu, ' ').trim());
}

function clipped(message: string): string {
  return message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
}
