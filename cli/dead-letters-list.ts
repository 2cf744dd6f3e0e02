import { z } from 'zod';
import { type Command, exitCodes, numberOf, textOf } from './command.ts';
import { filterHelp, filterOf, filterOptions } from './dead-letter-selection.ts';
import { shorten, table, time } from './table.ts';

const deadLetterSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  description: z.string().default(''),
  remedy: z.string().optional(),
  pool: z.string(),
  endedAt: z.number().optional(),
  attemptCount: z.number().default(0),
  replays: z.array(z.unknown()).default([]),
});

const messageSchema = z.looseObject({
  queue: z.string(),
  sequenceNumber: z.string(),
  reason: z.string().optional(),
  description: z.string().default(''),
  enqueuedAt: z.number(),
  jobId: z.string().optional(),
});

export const deadLetterPageSchema = z.looseObject({
  counts: z.object({ total: z.number(), byReason: z.record(z.string(), z.number()) }),
  deadLetters: z.array(deadLetterSchema),
  next: z.string().nullable(),
  messages: z.array(messageSchema),
  nextMessage: z.string().nullable(),
});

type DeadLetterPage = z.infer<typeof deadLetterPageSchema>;

export const deadLettersList: Command = {
  name: 'dead-letters list',
  summary: 'what ended without a result, why, and what would help',
  usage: '[options]',
  help: `${filterHelp}
  --limit N           jobs of one page, 1 to 200; default: 50
  --after ID          the page behind this job
  --messages-after X  the page of messages behind this one`,
  options: {
    ...filterOptions,
    limit: { type: 'string' },
    after: { type: 'string' },
    'messages-after': { type: 'string' },
  },
  run: async ({ api, terminal, values, isJson }) => {
    const fields = {
      ...filterOf(values),
      limit: numberOf(values, 'limit'),
      after: textOf(values, 'after'),
      messagesAfter: textOf(values, 'messages-after'),
    };
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) {
        query.set(key, String(value));
      }
    }
    const page = await api.call({ method: 'GET', path: `/dead-letters?${query.toString()}` }, deadLetterPageSchema);
    terminal.say(isJson ? JSON.stringify(page, undefined, 2) : describe(page));
    return exitCodes.done;
  },
};

function describe(page: DeadLetterPage): string {
  const { counts, deadLetters, messages, next, nextMessage } = page;
  const byReason = Object.entries(counts.byReason).toSorted(([, a], [, b]) => b - a);
  const remedies = new Map(deadLetters.map(({ reason, remedy }) => [reason ?? '', remedy ?? '']));
  return [
    counts.total === 0 ? 'No dead letters.' : `${counts.total} dead letters.`,
    ...(byReason.length === 0
      ? []
      : [
          table(
            ['reason', 'jobs', 'what helps'],
            byReason.map(([reason, jobs]) => [reason, jobs, remedies.get(reason) ?? '']),
          ),
        ]),
    ...(deadLetters.length === 0 ? [] : [jobsTable(deadLetters)]),
    ...(next === null ? [] : [`There are more: --after ${next}`]),
    ...(messages.length === 0 ? [] : [`Messages that no job stands for:\n${messagesTable(messages)}`]),
    ...(nextMessage === null ? [] : [`There are more: --messages-after ${nextMessage}`]),
  ].join('\n\n');
}

function jobsTable(jobs: DeadLetterPage['deadLetters']): string {
  return table(
    ['job', 'reason', 'pool', 'ended (UTC)', 'calls', 'replays', 'description'],
    jobs.map((one) => [
      one.id,
      one.reason ?? one.status,
      one.pool,
      time(one.endedAt),
      one.attemptCount,
      one.replays.length,
      shorten(one.description, 80),
    ]),
  );
}

function messagesTable(messages: DeadLetterPage['messages']): string {
  return table(
    ['message', 'reason', 'came (UTC)', 'description'],
    messages.map((one) => [
      `${one.queue}~${one.sequenceNumber}`,
      one.reason ?? '',
      time(one.enqueuedAt),
      shorten(one.jobId === undefined ? one.description : `job ${one.jobId}; a dead letter within a minute`, 80),
    ]),
  );
}
