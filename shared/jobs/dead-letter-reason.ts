/** Why a job was dead-lettered: a closed list, so that operators can act on each. */
export const deadLetterReasons = [
  'InvalidJob',
  'ContextLengthExceeded',
  'ContentFiltered',
  'InvalidRequest',
  'RetriesExhausted',
  'QuotaTooSmall',
  'CostCapExceeded',
  'BudgetExceeded',
  'Expired',
  'UnknownModel',
  'WorkerCrashed',
] as const;

export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** What helps, in one sentence, for those who look at a dead letter. */
export const remedies: Readonly<Record<DeadLetterReason, string>> = {
  InvalidJob: 'Mend what the description names and submit the job under a new id: it was never a job that can run.',
  ContextLengthExceeded:
    'Shorten the largest messages or lower the maximum output, or replay with onOverflow "trim" or "reduce-output", or with a model of a larger window.',
  ContentFiltered:
    'Change the prompt, or the content filter of the deployment; the figures name the categories and their severities.',
  InvalidRequest: 'Mend the parameter that the service names; replay with another model if this one does not take it.',
  RetriesExhausted:
    'Look at the attempts for the region and the code that failed; replay once the cause has ended (GET /api/health).',
  QuotaTooSmall:
    'Lower the maximum output, raise tokensPerMinute in REGIONS, or replay with a model of a larger quota.',
  CostCapExceeded: 'Replay with a higher maxCostUsd, or lower the maximum output.',
  BudgetExceeded: 'Raise the budget or wait for its next period, then replay.',
  Expired: 'Replay if the answer is still wanted: the deadline is lifted. Submit earlier, or raise the quota.',
  UnknownModel: 'Deploy the model in a region of REGIONS, or replay with one that is deployed.',
  WorkerCrashed:
    'Two calls of the job were started and never ended: look at the logs of the app at the times of its attempts before you replay it.',
};
