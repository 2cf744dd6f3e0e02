import { z } from 'zod';
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
    const [pools, deadLetters] = await Promise.all([
      api.call({ method: 'GET', path: '/pools' }, poolsSchema),
      api.call({ method: 'GET', path: '/dead-letters?limit=1' }, deadLetterPageSchema),
    ]);
    const { counts, messages } = deadLetters;
    const isAlone = messages.length > 0;
    if (isJson) {
      const answer = { url: api.url, health, pools: pools.pools, deadLetters: counts, hasLoneMessages: isAlone };
      terminal.say(JSON.stringify(answer, undefined, 2));
    } else {
      terminal.say(
        [
          `${api.url} is ${health.isHealthy ? 'healthy' : 'NOT healthy'}.`,
          partsTable(health),
          describePools(pools.pools),
          describeCounts(counts),
          ...(isAlone ? ['Messages that no job stands for are there as well: dead-letters list shows them.'] : []),
        ].join('\n\n'),
      );
    }
    return health.isHealthy ? exitCodes.done : exitCodes.partly;
  },
};

function partsTable({ cosmos, serviceBus, clock, lanes }: z.infer<typeof healthSchema>): string {
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
