import { z } from 'zod';
import { type Call, type Command, exitCodes, isSet, textOf, UsageError } from './command.ts';
import { time } from './table.ts';

const answerSchema = z.looseObject({
  changed: z.boolean(),
  paused: z.array(z.looseObject({ pool: z.string(), by: z.string(), at: z.number() })),
});

export const pauseCommand: Command = {
  name: 'pause',
  summary: 'stops a pool, or all of them, within five seconds',
  usage: '(POOL | --all) [--note TEXT]',
  help: `Nothing is pulled and no call starts any more; calls under way end. Jobs wait in their queues.
  --all               every pool: the emergency stop
  --note TEXT         why, for those who look`,
  options: { all: { type: 'boolean' }, note: { type: 'string' } },
  takesWords: true,
  run: async (call) => {
    const note = textOf(call.values, 'note');
    return turn(call, 'pause', note === undefined ? {} : { note });
  },
};

export const resumeCommand: Command = {
  name: 'resume',
  summary: 'lets a pool, or all of them, go on',
  usage: '(POOL | --all)',
  help: `A pool has a switch of its own, and there is one for all: each is lifted by its own resume.
  --all               lifts the one for all`,
  options: { all: { type: 'boolean' } },
  takesWords: true,
  run: async (call) => turn(call, 'resume', {}),
};

async function turn(call: Call, action: 'pause' | 'resume', body: Readonly<Record<string, string>>): Promise<number> {
  const { api, terminal, values, words, isJson } = call;
  const [pool] = words;
  if (words.length > 1 || (pool === undefined) !== isSet(values, 'all')) {
    throw new UsageError('Name one pool, or --all.');
  }
  const path = pool === undefined ? `/pools/${action}` : `/pools/${encodeURIComponent(pool)}/${action}`;
  const answer = await api.call({ method: 'POST', path, body }, answerSchema);
  terminal.say(isJson ? JSON.stringify(answer, undefined, 2) : describe(answer, pool ?? 'all pools', action));
  return exitCodes.done;
}

function describe({ changed, paused }: z.infer<typeof answerSchema>, what: string, action: 'pause' | 'resume'): string {
  const before = action === 'pause' ? 'was paused before' : 'was not paused by this switch';
  const done = action === 'pause' ? 'paused' : 'resumed';
  const still = paused.map(
    ({ pool, by, at }) => `  ${pool}: paused since ${time(at)}${by === 'all' ? ', with all' : ''}`,
  );
  return [`${what}: ${changed ? done : before}.`, ...still].join('\n');
}
