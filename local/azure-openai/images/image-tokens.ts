import type { ImageRule } from '../model-facts.ts';
import type { ImageSize } from './image-size.ts';

/** Patches of an image whose own number is larger: it is scaled down to so many. */
const mostPatches = 1536;

/**
 * Tokens of an image. Tiles: with `low` detail the base alone; else the image is scaled to fit 2048 px, then its shorter
 * side to 768 px, and each tile of 512 px begun counts. Patches: each patch of 32 px begun, at most 1,536, times the
 * model's factor. Source: OpenAI's guide to images and vision; not confirmed for Azure.
 */
export function imageTokens(image: {
  readonly size: ImageSize;
  readonly detail: string;
  readonly rule: ImageRule;
}): number {
  const { detail, rule, size } = image;
  if (rule.kind === 'patches') {
    return Math.ceil(patchesOf(size) * rule.tokensPerPatch);
  }
  return detail === 'low' ? rule.baseTokens : rule.baseTokens + rule.tileTokens * tilesOf(size);
}

function tilesOf({ height, width }: ImageSize): number {
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  return (
    Math.max(1, Math.ceil(Math.round(width * scale) / 512)) * Math.max(1, Math.ceil(Math.round(height * scale) / 512))
  );
}

function patchesOf({ height, width }: ImageSize): number {
  return Math.min(mostPatches, Math.ceil(width / 32) * Math.ceil(height / 32));
}
