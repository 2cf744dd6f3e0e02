import type { Backlog } from './job-queue.ts';

/** Several backlogs as one; messages that tell no cost are taken to cost as much as the others. */
export function addBacklogs(backlogs: readonly Backlog[]): Backlog {
  const messages = backlogs.reduce((sum, one) => sum + one.messages, 0);
  const telling = backlogs.filter(({ costTokens }) => costTokens !== undefined);
  const told = telling.reduce((sum, one) => sum + one.messages, 0);
  const cost = telling.reduce((sum, { costTokens = 0 }) => sum + costTokens, 0);
  const countedAt = Math.min(...backlogs.map((one) => one.countedAt));
  return { countedAt, messages, costTokens: told === 0 ? undefined : Math.round((cost * messages) / told) };
}
