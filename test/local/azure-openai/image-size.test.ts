import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { imageSize } from '../../../local/azure-openai/images/image-size.ts';
import { pngHeader } from './png-header.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

const padding = Buffer.alloc(40);

describe('the size of an image', () => {
  const images = [
    ['PNG', pngHeader({ width: 640, height: 480 })],
    ['GIF', Buffer.concat([Buffer.from('GIF89a'), hex('8002 e001')])],
    ['JPEG', hex('ffd8 ffe0 0010 4a46494600010100000100010000 ffc0 0011 08 01e0 0280 03')],
    ['progressive JPEG after tables', hex('ffd8 ffdb 0004 0000 ffc4 0003 00 ffc2 0011 08 01e0 0280 03')],
    ['WebP, lossy', Buffer.concat([Buffer.from('RIFF....WEBPVP8 ....'), hex('000000 9d012a 8002 e001'), padding])],
    ['WebP, lossless', Buffer.concat([Buffer.from('RIFF....WEBPVP8L....'), hex('2f 7fc27700'), padding])],
    ['WebP, extended', Buffer.concat([Buffer.from('RIFF....WEBPVP8X....'), hex('00000000 7f0200 df0100'), padding])],
  ] as const;
  for (const [kind, bytes] of images) {
    test(`is read from a ${kind}`, () => {
      assert.deepEqual(imageSize(bytes), { width: 640, height: 480 });
    });
  }

  test('of no image, or of half a header, is none', () => {
    for (const [, bytes] of images) {
      assert.equal(imageSize(bytes.subarray(0, 9)), undefined);
    }
    assert.equal(imageSize(Buffer.from('hello, this is a text and no image at all')), undefined);
  });

  test('of any bytes is read without an error', () => {
    const starts = fc.constantFrom(...images.map(([, bytes]) => bytes.subarray(0, 16)), Buffer.alloc(0));
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 64 }), (start, rest) => {
        imageSize(Buffer.concat([start, rest]));
      }),
    );
  });
});
