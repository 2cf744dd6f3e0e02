import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { toProblems } from '../shared/jobs/job-envelope.ts';
import { describeServing } from '../shared/pipeline/describe-serving.ts';
import { resumePools } from '../shared/pipeline/resume-pools.ts';
import type { SwitchTarget } from '../shared/pools/pool-switches.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import { BodyError } from './body-error.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, problem } from './problem.ts';
import { readJsonBody } from './read-json-body.ts';

app.http('list-pools', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'pools',
  handler: async (request) =>
    serve(spanNames.read, request, async ({ deps }) => json(200, { pools: await describeServing(deps) })),
});

for (const [name, route] of [
  ['pause-pools', 'pools/pause'],
  ['pause-pool', 'pools/{pool}/pause'],
] as const) {
  app.http(name, {
    methods: ['POST'],
    authLevel: 'function',
    route,
    handler: async (request) => serve(spanNames.switch, request, async (sluice) => pause(sluice, request)),
  });
}

for (const [name, route] of [
  ['resume-pools', 'pools/resume'],
  ['resume-pool', 'pools/{pool}/resume'],
] as const) {
  app.http(name, {
    methods: ['POST'],
    authLevel: 'function',
    route,
    handler: async (request) =>
      serve(spanNames.switch, request, async (sluice, span) => resume(sluice, request, span.traceparent)),
  });
}

const noteSchema = z.strictObject({ note: z.string().max(500).optional() });

async function pause(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const target = targetOf(sluice, request);
  if (target === undefined) {
    return unknownPool(sluice);
  }
  const note = await readNote(request);
  if ('response' in note) {
    return note.response;
  }
  const isChanged = await sluice.deps.switches.pause(target, note.text);
  return answer(sluice, target, isChanged);
}

async function resume(sluice: App, request: HttpRequest, traceparent: string): Promise<HttpResponseInit> {
  const target = targetOf(sluice, request);
  if (target === undefined) {
    return unknownPool(sluice);
  }
  const isChanged = await resumePools(sluice.deps, target, traceparent);
  return answer(sluice, target, isChanged);
}

function targetOf(sluice: App, request: HttpRequest): SwitchTarget | undefined {
  const name = request.params['pool'];
  if (name === undefined) {
    return { kind: 'all' };
  }
  return sluice.deps.pools.some((pool) => pool.name === name) ? { kind: 'pool', name } : undefined;
}

/** What is paused now: a pool that is resumed may stay paused by the switch for all. */
async function answer(sluice: App, target: SwitchTarget, isChanged: boolean): Promise<HttpResponseInit> {
  await sluice.deps.switches.refresh();
  const paused = sluice.deps.switches
    .paused()
    .filter(({ pool }) => target.kind === 'all' || pool === target.name)
    .map(({ pool, by, at, note }) => ({ pool, by, at, note }));
  return json(200, { changed: isChanged, paused });
}

async function readNote(
  request: HttpRequest,
): Promise<{ readonly text: string | undefined } | { readonly response: HttpResponseInit }> {
  const title = 'The call cannot be used';
  try {
    const parsed = noteSchema.safeParse((await readJsonBody(request)) ?? {});
    const problems = parsed.error?.issues.flatMap(toProblems) ?? [];
    return parsed.success
      ? { text: parsed.data.note }
      : { response: problem(400, { code: 'pools.invalid', title, problems }) };
  } catch (error) {
    if (error instanceof BodyError) {
      const { status, message: detail, problems } = error;
      return { response: problem(status, { code: 'pools.body', title, detail, problems }) };
    }
    throw error;
  }
}

function unknownPool(sluice: App): HttpResponseInit {
  const detail = `The pools are ${sluice.deps.pools.map(({ name }) => name).join(', ')}.`;
  return problem(404, { code: 'pools.unknown', title: 'No pool has this name', detail });
}
