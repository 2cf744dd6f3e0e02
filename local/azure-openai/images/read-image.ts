import { createHash } from 'node:crypto';

import { z } from 'zod';

import type { ImageRule } from '../model-facts.ts';
import { invalidRequest, notCarried, type ServiceError } from '../service-error.ts';
import { imageSize } from './image-size.ts';
import { imageTokens } from './image-tokens.ts';

/** An image of a prompt. */
export interface SentImage {
  readonly tokens: number;
  /** The same for the same picture: another one is answered otherwise. */
  readonly digest: string;
}

const maxBytes = 20 * 1024 * 1024;
const details = new Set(['auto', 'low', 'high', 'original']);
const imageUrl = z.union([
  z.string().transform((url) => ({ url, detail: 'auto' })),
  z.looseObject({ url: z.string(), detail: z.string().nullish() }),
]);

/**
 * Reads an image part: a data URL of a PNG, JPEG, GIF or WebP. An address is refused by name, since the simulator opens
 * no connections.
 */
export function readImage(value: unknown, at: { readonly param: string; readonly rule: ImageRule }): SentImage {
  const parsed = imageUrl.safeParse(value);
  if (!parsed.success) {
    throw invalidRequest({
      message: `Missing required parameter: '${at.param}.url'.`,
      param: `${at.param}.url`,
      code: 'missing_required_parameter',
    });
  }
  const { url } = parsed.data;
  const detail = parsed.data.detail ?? 'auto';
  if (!details.has(detail)) {
    throw invalidRequest({
      message: `Invalid value: '${detail}'. Supported values are: 'low', 'high', 'original', and 'auto'.`,
      param: `${at.param}.detail`,
      code: 'invalid_value',
    });
  }
  const bytes = bytesOf(url, at.param);
  const size = imageSize(bytes);
  if (size === undefined) {
    throw unsupportedImage();
  }
  return {
    tokens: imageTokens({ size, detail, rule: at.rule }),
    digest: createHash('sha1').update(bytes).digest('base64'),
  };
}

function bytesOf(url: string, param: string): Buffer {
  const head = /^data:([\w.+/-]*);base64,/u.exec(url.slice(0, 100));
  if (head === null) {
    throw /^https?:\/\//u.test(url)
      ? notCarried('images by address (send a data URL)', param)
      : invalidRequest({
          message: 'Invalid image URL. The URL must be a valid HTTP or HTTPS URL, or a data URL with base64 encoding.',
          param: null,
          code: 'BadRequest',
        });
  }
  const bytes = Buffer.from(url.slice(head[0].length), 'base64');
  if (bytes.length > maxBytes) {
    throw invalidRequest({ message: 'The image is too large: at most 20 MB.', param, code: 'image_too_large' });
  }
  return bytes;
}

function unsupportedImage(): ServiceError {
  return invalidRequest({
    message:
      'You uploaded an unsupported image. Please make sure your image has of one the following formats: ' +
      "['png', 'jpeg', 'gif', 'webp'].",
    param: null,
    code: 'invalid_image_format',
  });
}
