/** Why a job was dead-lettered: a closed list, so that operators can act on each. */
export const deadLetterReasons = [
  'InvalidJob',
  'ContextLengthExceeded',
  'ContentFiltered',
  'InvalidRequest',
  'QuotaTooSmall',
  'CostCapExceeded',
  'UnknownModel',
] as const;

export type DeadLetterReason = (typeof deadLetterReasons)[number];
