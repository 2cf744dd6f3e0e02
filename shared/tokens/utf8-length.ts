/**
 * Bytes of a text in UTF-8; a lone surrogate counts as the three bytes of U+FFFD, as encoders write it. A text never has
 * more tokens than bytes: every byte is a token of the vocabularies used here.
 */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) {
      continue;
    }
    if (code < 0x8_00) {
      bytes += 1;
    } else if (code >= 0xd8_00 && code <= 0xdb_ff && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 2;
      index += 1;
    } else {
      bytes += 2;
    }
  }
  return bytes;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc_00 && code <= 0xdf_ff;
}
