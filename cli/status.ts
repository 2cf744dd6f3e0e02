import { z } from 'zod';
import { ApiError } from './api.ts';
import { type Command, exitCodes } from './command.ts';
import { deadLetterPageSchema } from './dead-letters-list.ts';
import { describePools, poolsSchema } from './pools.ts';
import { table } from './table.ts';

const partSchema = z.looseObject({ state: z.string(), code: z.string().optional() });

const healthSchema = z.looseObject({
  isHealthy: z.boolean(),
  cosmos: partSchema,
  serviceBus: partSchema,
  clock: partSchema,
  lanes: z.array(z.object({ id: z.string(), state: z.string() })),
});

export const status: Command = {
  name: 'status',
  summary: 'sums up health, lanes, pools and dead letters',
  usage: '[options]',
  help: 'Ends with exit code 3 when the app says that it is not healthy.',
  options: {},
  run: async ({ api, terminal, isJson }) => {
    const health = await api.call({ method: 'GET', path: '/health', alsoFine: [503] }, healthSchema);
    const asked = await Promise.all([
      askPart(health, async () => api.call({ method: 'GET', path: '/pools' }, poolsSchema)),
      askPart(health, async () => api.call({ method: 'GET', path: '/dead-letters?limit=1' }, deadLetterPageSchema)),
    ]);
    terminal.say(isJson ? toJson(api.url, health, asked) : describe(api.url, health, asked));
    return health.isHealthy ? exitCodes.done : exitCodes.partly;
  },
};

type Health = z.infer<typeof healthSchema>;

/** What the app answered, or why it could not. */
type Part<Answer> = { readonly answer: Answer } | { readonly problem: string };

type Parts = readonly [Part<z.infer<typeof poolsSchema>>, Part<z.infer<typeof deadLetterPageSchema>>];

/** While a store is away its part of the page is missing, and the rest is worth the more. */
async function askPart<Answer>({ isHealthy }: Health, ask: () => Promise<Answer>): Promise<Part<Answer>> {
  try {
    return { answer: await ask() };
  } catch (error) {
    if (isHealthy || !(error instanceof ApiError)) {
      throw error;
    }
    return { problem: error.message };
  }
}

function toJson(url: string, health: Health, [pools, deadLetters]: Parts): string {
  const ofPools = 'answer' in pools ? { pools: pools.answer.pools } : { pools: null };
  const ofLetters =
    'answer' in deadLetters
      ? { deadLetters: deadLetters.answer.counts, hasLoneMessages: deadLetters.answer.messages.length > 0 }
      : { deadLetters: null, hasLoneMessages: null };
  return JSON.stringify({ url, health, ...ofPools, ...ofLetters }, undefined, 2);
}

function describe(url: string, health: Health, [pools, deadLetters]: Parts): string {
  return [
    `${url} is ${health.isHealthy ? 'healthy' : 'NOT healthy'}.`,
    partsTable(health),
    'answer' in pools ? describePools(pools.answer.pools) : `The pools cannot be told. ${pools.problem}`,
    'answer' in deadLetters
      ? describeLetters(deadLetters.answer)
      : `The dead letters cannot be told. ${deadLetters.problem}`,
  ].join('\n\n');
}

function describeLetters({ counts, messages }: z.infer<typeof deadLetterPageSchema>): string {
  const lone = 'Messages that no job stands for are there as well: dead-letters list shows them.';
  return [describeCounts(counts), ...(messages.length === 0 ? [] : [lone])].join('\n\n');
}

function partsTable({ cosmos, serviceBus, clock, lanes }: Health): string {
  const states = [...Map.groupBy(lanes, ({ state }) => state)].map(([state, of]) => `${of.length} ${state}`);
  const rows = [
    ['Cosmos DB', cosmos],
    ['Service Bus', serviceBus],
    ['clock', clock],
  ] as const;
  return table(
    ['part', 'state'],
    [
      ...rows.map(([name, { state, code }]) => [name, code === undefined ? state : `${state} (${code})`]),
      ['lanes', states.join(', ')],
    ],
  );
}

function describeCounts({ total, byReason }: z.infer<typeof deadLetterPageSchema>['counts']): string {
  const reasons = Object.entries(byReason).toSorted(([, a], [, b]) => b - a);
  return total === 0
    ? 'No dead letters.'
    : `${total} dead letters: ${reasons.map(([reason, jobs]) => `${reason} ${jobs}`).join(', ')}.`;
}
