import { z } from 'zod';
import { type Command, exitCodes, isSet, listOf, numberOf, textOf, type Values } from './command.ts';
import { inPages, limitOf, selectionHelp, selectionOf, selectionOptions } from './dead-letter-selection.ts';
import { describeOutcomes, jobOutcomeSchema, untilFailed } from './job-outcomes.ts';

const answerSchema = z.looseObject({
  jobs: z.array(jobOutcomeSchema),
  more: z.boolean(),
  next: z.string().nullable(),
});

export const deadLettersReplay: Command = {
  name: 'dead-letters replay',
  summary: 'puts them back onto their queues, as they were or with a patch',
  usage: '[ID …] [options]',
  help: `${selectionHelp}

The patch:
  --model NAME              runs it on another model
  --on-overflow WHAT        dead-letter, trim or reduce-output
  --max-cost-usd N          another cap
  --max-output-tokens N     another maximum output
  --region NAME             the only regions that may serve it; may be given several times
  --deadline TIME           a new deadline (ISO 8601 with a zone); without one the old is lifted
  --priority WHAT           high or normal

A job that would be refused again at once stays a dead letter, and is told.`,
  options: {
    ...selectionOptions,
    model: { type: 'string' },
    'on-overflow': { type: 'string' },
    'max-cost-usd': { type: 'string' },
    'max-output-tokens': { type: 'string' },
    region: { type: 'string', multiple: true },
    deadline: { type: 'string' },
    priority: { type: 'string' },
  },
  takesWords: true,
  run: async (call) => {
    const { api, terminal, values, isJson } = call;
    const isDryRun = isSet(values, 'dry-run');
    const patch = patchOf(values);
    const jobs: z.infer<typeof jobOutcomeSchema>[] = [];
    const pages = inPages(selectionOf(call), limitOf(values), async (selection) => {
      const body = { ...selection, dryRun: isDryRun, ...(Object.keys(patch).length === 0 ? {} : { patch }) };
      return api.call({ method: 'POST', path: '/dead-letters/replay', body }, answerSchema);
    });
    await untilFailed(pages, terminal, (page) => jobs.push(...page.jobs));
    terminal.say(isJson ? JSON.stringify({ dryRun: isDryRun, jobs }, undefined, 2) : describeOutcomes(jobs));
    const isWhole = jobs.every(({ outcome }) => outcome === 'replayed' || outcome === 'would-replay');
    return isWhole ? exitCodes.done : exitCodes.partly;
  },
};

function patchOf(values: Values): Readonly<Record<string, unknown>> {
  const fields = {
    model: textOf(values, 'model'),
    onOverflow: textOf(values, 'on-overflow'),
    maxCostUsd: numberOf(values, 'max-cost-usd'),
    maxOutputTokens: numberOf(values, 'max-output-tokens'),
    regions: listOf(values, 'region'),
    deadline: textOf(values, 'deadline'),
    priority: textOf(values, 'priority'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
