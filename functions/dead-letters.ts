import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import {
  readListing,
  readPurgeSelection,
  readReplaySelection,
  type ReadSelection,
} from '../shared/jobs/dead-letter-selection.ts';
import { deadLetterView } from '../shared/jobs/dead-letter-view.ts';
import { listDeadLetters } from '../shared/dead-letters/list-dead-letters.ts';
import { purgeDeadLetters } from '../shared/dead-letters/purge-dead-letters.ts';
import { replayDeadLetters } from '../shared/dead-letters/replay-dead-letters.ts';
import { spanNames } from '../shared/telemetry/names.ts';
import type { Span } from '../shared/telemetry/telemetry.ts';
import { BodyError } from './body-error.ts';
import type { App } from './compose.ts';
import { serve } from './invocation.ts';
import { json, problem } from './problem.ts';
import { readJsonBody } from './read-json-body.ts';

app.http('list-dead-letters', {
  methods: ['GET'],
  authLevel: 'function',
  route: 'dead-letters',
  handler: async (request) => serve(spanNames.read, request, async (sluice) => list(sluice, request)),
});

app.http('replay-dead-letters', {
  methods: ['POST'],
  authLevel: 'function',
  route: 'dead-letters/replay',
  handler: async (request) => serve(spanNames.replay, request, async (sluice, span) => replay(sluice, request, span)),
});

app.http('purge-dead-letters', {
  methods: ['POST'],
  authLevel: 'function',
  route: 'dead-letters/purge',
  handler: async (request) => serve(spanNames.purge, request, async (sluice, span) => purge(sluice, request, span)),
});

async function list(sluice: App, request: HttpRequest): Promise<HttpResponseInit> {
  const read = readListing(Object.fromEntries(request.query));
  if (read.kind === 'invalid') {
    const { problems } = read;
    return problem(400, { code: 'dead-letters.bad-query', title: 'The query cannot be used', problems });
  }
  const page = await listDeadLetters(sluice.deps, read.selection);
  const nextMessage = page.lone.next;
  return json(200, {
    counts: { total: sum(Object.values(page.byReason)), byReason: page.byReason },
    deadLetters: page.documents.map(deadLetterView),
    next: page.next ?? null,
    messages: page.lone.messages,
    nextMessage: nextMessage === undefined ? null : `${nextMessage.queue}~${nextMessage.sequenceNumber}`,
  });
}

async function replay(sluice: App, request: HttpRequest, span: Span): Promise<HttpResponseInit> {
  const read = await readSelection(request, readReplaySelection);
  if (read.kind === 'refused') {
    return read.response;
  }
  const { selection } = read;
  const { outcomes, isMore, next, messagesRemoved } = await replayDeadLetters(sluice.deps, selection, span);
  return json(200, {
    dryRun: selection.isDryRun,
    counts: countOutcomes(outcomes.map(({ kind }) => kind)),
    jobs: outcomes.map(({ kind, ...rest }) => ({ ...rest, outcome: kind })),
    more: isMore,
    next: next ?? null,
    messagesRemoved,
  });
}

async function purge(sluice: App, request: HttpRequest, span: Span): Promise<HttpResponseInit> {
  const read = await readSelection(request, readPurgeSelection);
  if (read.kind === 'refused') {
    return read.response;
  }
  const { selection } = read;
  const { outcomes, messages, isMore, next } = await purgeDeadLetters(sluice.deps, selection, span);
  return json(200, {
    dryRun: selection.isDryRun,
    counts: countOutcomes(outcomes.map(({ kind }) => kind)),
    jobs: outcomes.map(({ kind, ...rest }) => ({ ...rest, outcome: kind })),
    messages,
    more: isMore,
    next: next ?? null,
  });
}

type Read<Selection> =
  | { readonly kind: 'valid'; readonly selection: Selection }
  | { readonly kind: 'refused'; readonly response: HttpResponseInit };

async function readSelection<Selection>(
  request: HttpRequest,
  read: (value: unknown) => ReadSelection<Selection>,
): Promise<Read<Selection>> {
  const title = 'The call cannot be used';
  try {
    const selected = read((await readJsonBody(request)) ?? {});
    return selected.kind === 'valid'
      ? selected
      : {
          kind: 'refused',
          response: problem(400, { code: 'dead-letters.invalid', title, problems: selected.problems }),
        };
  } catch (error) {
    if (error instanceof BodyError) {
      const { status, message: detail, problems } = error;
      return { kind: 'refused', response: problem(status, { code: 'dead-letters.body', title, detail, problems }) };
    }
    throw error;
  }
}

function countOutcomes(kinds: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const kind of kinds) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
