import { z } from 'zod';
import type { Api } from './api.ts';
import { type Call, type Command, exitCodes, isSet, listOf, UsageError } from './command.ts';
import {
  filterOptions,
  inPages,
  limitOf,
  mostAtOnce,
  type SelectionBody,
  selectionHelp,
  selectionOf,
  selectionOptions,
} from './dead-letter-selection.ts';
import { describeOutcomes, jobOutcomeSchema, untilFailed } from './job-outcomes.ts';

const answerSchema = z.looseObject({
  jobs: z.array(jobOutcomeSchema),
  messages: z.array(z.object({ queue: z.string(), sequenceNumber: z.string(), outcome: z.string() })),
  more: z.boolean(),
  next: z.string().nullable(),
});

type Answer = z.infer<typeof answerSchema>;

interface Purged {
  readonly jobs: readonly z.infer<typeof jobOutcomeSchema>[];
  readonly messages: z.infer<typeof answerSchema>['messages'];
}

export const deadLettersPurge: Command = {
  name: 'dead-letters purge',
  summary: 'removes them for good: document, request and message',
  usage: '[ID …] [options]',
  help: `${selectionHelp}
  --message NAME      a message that no job stands for, by the name that the list gives it; several times
  --yes               does not ask

What was purged cannot be replayed. Without --yes it says how much it is, and asks.`,
  options: { ...selectionOptions, message: { type: 'string', multiple: true }, yes: { type: 'boolean' } },
  takesWords: true,
  run: async (call) => {
    const { terminal, values, isJson } = call;
    const isDryRun = isSet(values, 'dry-run');
    if (!isDryRun && !isSet(values, 'yes') && !(await isWanted(call))) {
      terminal.warn('Nothing was purged.');
      return exitCodes.wrong;
    }
    const purged = await purge(call, isDryRun);
    terminal.say(isJson ? JSON.stringify({ dryRun: isDryRun, ...purged }, undefined, 2) : describe(purged));
    const outcomes = [...purged.jobs, ...purged.messages].map(({ outcome }) => outcome);
    const isWhole = outcomes.every((outcome) => outcome === 'purged' || outcome === 'would-purge');
    return isWhole ? exitCodes.done : exitCodes.partly;
  },
};

async function isWanted(call: Call): Promise<boolean> {
  const { ask } = call.terminal;
  if (ask === undefined) {
    throw new UsageError('Purging asks first, and there is no terminal to ask: give --yes, or --dry-run.');
  }
  const { jobs, messages } = await purge(call, true);
  const count = jobs.filter(({ outcome }) => outcome === 'would-purge').length;
  const lone = messages.filter(({ outcome }) => outcome === 'would-purge').length;
  const what = `${count} jobs${lone === 0 ? '' : ` and ${lone} messages that no job stands for`}`;
  return (await ask(`This removes ${what} for good. Type "yes" to go on: `)).trim() === 'yes';
}

async function purge(call: Call, isDryRun: boolean): Promise<Purged> {
  const { api, terminal, values, words } = call;
  const named = listOf(values, 'message');
  if (named !== undefined) {
    const others = [...Object.keys(filterOptions), 'before', 'all', 'limit'];
    if (words.length > 0 || others.some((name) => values[name] !== undefined)) {
      throw new UsageError('--message goes with no other choice: name messages, or ids, or a filter.');
    }
    return purgeMessages(api, named, isDryRun);
  }
  const jobs: Purged['jobs'][number][] = [];
  const messages: Purged['messages'][number][] = [];
  const ask: Ask = async (selection) =>
    api.call({ method: 'POST', path: '/dead-letters/purge', body: { ...selection, dryRun: isDryRun } }, answerSchema);
  const pages = allPages({ selection: selectionOf(call), limit: limitOf(values), isDryRun }, ask);
  await untilFailed(pages, terminal, (page) => {
    jobs.push(...page.jobs);
    messages.push(...page.messages);
  });
  return { jobs, messages };
}

type Ask = (selection: object) => Promise<Answer>;

/** Messages that no job stands for have no pages: those that were purged make room for the next. */
async function* allPages(
  wish: { readonly selection: SelectionBody; readonly limit: number; readonly isDryRun: boolean },
  ask: Ask,
): AsyncGenerator<Answer, void> {
  const { selection, limit, isDryRun } = wish;
  let left = limit;
  let last: Answer | undefined;
  const isLeft = ({ more, next, messages }: Answer): boolean =>
    !isDryRun && left > 0 && next === null && more && messages.length > 0;
  for await (const page of inPages(selection, limit, ask)) {
    left -= page.jobs.length + page.messages.length;
    last = page;
    yield page;
  }
  while (last !== undefined && isLeft(last)) {
    last = await ask({ ...selection, limit: Math.min(left, mostAtOnce) });
    left -= last.jobs.length + last.messages.length;
    yield last;
  }
}

async function purgeMessages(api: Api, named: readonly string[], isDryRun: boolean): Promise<Purged> {
  const messages = named.map((name) => {
    const [queue, sequenceNumber, ...rest] = name.split('~');
    if (queue === undefined || sequenceNumber === undefined || rest.length > 0) {
      throw new UsageError(`"${name}" is no name of a message: the list gives names such as jobs~12.`);
    }
    return { queue, sequenceNumber };
  });
  const body = { messages, dryRun: isDryRun };
  return api.call({ method: 'POST', path: '/dead-letters/purge', body }, answerSchema);
}

function describe({ jobs, messages }: Purged): string {
  const counts = [...Map.groupBy(messages, ({ outcome }) => outcome)];
  const told = counts.map(([outcome, of]) => `${outcome}: ${of.length}`).join(', ');
  return [
    ...(jobs.length === 0 && messages.length > 0 ? [] : [describeOutcomes(jobs)]),
    ...(messages.length === 0 ? [] : [`messages ${told}`]),
  ].join('\n');
}
