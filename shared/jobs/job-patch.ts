import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import {
  type JobEnvelope,
  modelOf,
  operationOf,
  optionsSchema,
  type ParsedEnvelope,
  parseJobEnvelope,
} from './job-envelope.ts';

/** What a replay may change of a job; what is absent stays. */
export const jobPatchSchema = z.strictObject({
  ...optionsSchema.pick({ regions: true, priority: true, onOverflow: true, maxCostUsd: true, deadline: true }).shape,
  model: z.string().min(1).max(256).optional(),
  maxOutputTokens: z.int().min(1).max(10_000_000).optional(),
});

export type JobPatch = z.infer<typeof jobPatchSchema>;

const newerField = 'max_completion_tokens';
const olderField = 'max_tokens';

/** The job as the patch has it; `invalid` when it is none any more. The caller's own job is not changed. */
export function patchEnvelope(
  envelope: JobEnvelope,
  patch: JobPatch,
  /** Whether the model refuses `max_tokens`: reasoning models do. */
  takesNewerField: (model: string) => boolean,
): ParsedEnvelope {
  const { model, maxOutputTokens, ...options } = patch;
  const body = { ...envelope.request.body, ...(model === undefined ? {} : { model }) };
  const isNewer = takesNewerField(modelOf({ ...envelope.request, body }));
  const isChanged = model !== undefined || maxOutputTokens !== undefined;
  const fitted =
    isChanged && operationOf(envelope.request) === 'chat' ? fitOutput(body, { maxOutputTokens, isNewer }) : body;
  const changed = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const patched = { ...envelope.options, ...changed };
  return parseJobEnvelope({
    ...envelope,
    request: { ...envelope.request, body: fitted },
    ...(Object.keys(patched).length === 0 ? {} : { options: patched }),
  });
}

/** The maximum output goes into the field that is there, or into the one that the model takes. */
function fitOutput(
  body: JsonObject,
  { maxOutputTokens, isNewer }: { readonly maxOutputTokens: number | undefined; readonly isNewer: boolean },
): JsonObject {
  const { [olderField]: older, [newerField]: newer, ...rest } = body;
  const isUnlimited = (older ?? newer ?? undefined) === undefined;
  if (isUnlimited && maxOutputTokens === undefined) {
    return body;
  }
  const tokens = maxOutputTokens ?? newer ?? older ?? null;
  const useNewer = isNewer || (older === undefined && newer !== undefined);
  return { ...rest, [useNewer ? newerField : olderField]: tokens };
}
