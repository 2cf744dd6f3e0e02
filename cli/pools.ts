import { z } from 'zod';
import { type Command, exitCodes } from './command.ts';
import { shorten, table, time } from './table.ts';

export const poolsSchema = z.looseObject({
  pools: z.array(
    z.looseObject({
      name: z.string(),
      model: z.string(),
      backlog: z.looseObject({ messages: z.number(), costTokens: z.number().nullable() }),
      paused: z.looseObject({ by: z.string(), at: z.number(), note: z.string().optional() }).nullable(),
      deployments: z.array(
        z.looseObject({
          region: z.string(),
          deployment: z.string(),
          tokensPerMinute: z.number(),
          state: z.string(),
          code: z.string().optional(),
          remedy: z.string().optional(),
          untilMs: z.number().optional(),
        }),
      ),
    }),
  ),
});

type Pools = z.infer<typeof poolsSchema>['pools'];

export const pools: Command = {
  name: 'pools',
  summary: 'what waits in each pool, how its deployments stand, what is paused',
  usage: '[options]',
  help: 'A deployment is closed when it may be called, and open when its breaker keeps calls away.',
  options: {},
  run: async ({ api, terminal, isJson }) => {
    const answer = await api.call({ method: 'GET', path: '/pools' }, poolsSchema);
    terminal.say(isJson ? JSON.stringify(answer, undefined, 2) : describePools(answer.pools));
    return exitCodes.done;
  },
};

export function describePools(all: Pools): string {
  const deployments = all.flatMap((pool) => pool.deployments.map((one) => ({ pool: pool.name, ...one })));
  return [
    table(
      ['pool', 'model', 'waiting', 'tokens waiting', 'paused'],
      all.map(({ name, model, backlog, paused }) => [
        name,
        model,
        backlog.messages,
        backlog.costTokens ?? 'not told',
        describePause(paused),
      ]),
    ),
    table(
      ['pool', 'region', 'deployment', 'tokens/min', 'breaker', 'tried next (UTC)', 'what helps'],
      deployments.map((one) => [
        one.pool,
        one.region,
        one.deployment,
        one.tokensPerMinute,
        one.code === undefined ? one.state : `${one.state} (${one.code})`,
        time(one.untilMs),
        shorten(one.remedy ?? '', 80),
      ]),
    ),
  ].join('\n\n');
}

function describePause(paused: Pools[number]['paused']): string {
  if (paused === null) {
    return '';
  }
  const note = paused.note === undefined ? '' : `: ${shorten(paused.note, 60)}`;
  return `since ${time(paused.at)}${paused.by === 'all' ? ', with all' : ''}${note}`;
}
