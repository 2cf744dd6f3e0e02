/**
 * The admin endpoints of the host that serve a developer ("Manually run a non HTTP-triggered function"; `HostController`
 * and `FunctionsController` of Azure/azure-functions-host): the state of the host, its functions, and a call out of turn.
 * They ask for the master key once there are keys.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { Invoker } from '../app/create-invoker.ts';
import { isAuthorised, type HostKeys } from './host-keys.ts';
import { answerEmpty } from './http-call.ts';
import type { TriggeredFunction } from '../app/read-bindings.ts';
import type { TypedData } from '../app/worker-contract.ts';

export interface AdminSettings {
  readonly hostId: string;
  readonly functions: readonly TriggeredFunction[];
  readonly keys: HostKeys | undefined;
  readonly invoker: Invoker;
}

export interface AdminExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

const manualRun = z.object({ input: z.string().nullish() });

/** Whether a path is of the admin endpoints, be there one or not. */
export function isAdminPath(path: string): boolean {
  return /^\/admin(?:\/|$)/iu.test(path);
}

export async function answerAdmin(settings: AdminSettings, exchange: AdminExchange): Promise<void> {
  const { request, response, url } = exchange;
  if (!isAuthorised({ authLevel: 'admin', keys: settings.keys, request, url })) {
    answerEmpty(response, 401);
    return;
  }
  const path = url.pathname.toLowerCase().replace(/^\/admin\/?|\/$/gu, '');
  const [, functionName] = /^functions\/([^/]+)$/u.exec(path) ?? [];
  if (functionName !== undefined) {
    await answerFunction(settings, exchange, functionName);
    return;
  }
  switch (`${request.method ?? ''} ${path}`) {
    case 'GET host/status': {
      const processUptime = Math.round(performance.now());
      answerJson(response, 200, { id: settings.hostId, state: 'Running', processUptime });
      break;
    }
    case 'GET host/ping':
    case 'POST host/ping':
      answerEmpty(response, 200);
      break;
    case 'GET functions':
      answerJson(response, 200, settings.functions.map(describe));
      break;
    default:
      answerProblem(response, 404, `This host has no admin endpoint ${request.method ?? ''} ${url.pathname}.`);
  }
}

async function answerFunction(
  { functions, invoker }: AdminSettings,
  { request, response }: AdminExchange,
  name: string,
): Promise<void> {
  const target = functions.find((one) => one.name.toLowerCase() === name);
  if (target === undefined) {
    answerProblem(response, 404, `There is no function "${name}".`);
  } else if (request.method === 'GET') {
    answerJson(response, 200, describe(target));
  } else if (request.method !== 'POST') {
    answerProblem(response, 405, 'GET tells of a function, POST runs it.');
  } else if (target.kind === 'httpTrigger') {
    answerProblem(response, 400, `"${target.name}" is an HTTP function: call it by its route.`);
  } else {
    const body = manualRun.safeParse(await json(request).catch(() => undefined));
    if (!body.success) {
      answerProblem(response, 400, 'The body is JSON such as {"input":""}.');
      return;
    }
    // Whoever asked is not told how it ended, as by the real host; the log says it.
    void invoker.invoke({
      functionName: target.name,
      input: { name: target.binding.name, data: manualInput(target, body.data.input ?? '') },
      triggerMetadata: {},
    });
    answerEmpty(response, 202);
  }
}

function manualInput({ kind }: TriggeredFunction, input: string): TypedData {
  const timer = { Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false };
  return kind === 'timerTrigger' ? { json: JSON.stringify(timer) } : { string: input };
}

function describe({ name, binding, kind }: TriggeredFunction): unknown {
  const trigger = { type: kind, direction: 'in', ...binding };
  return { name, language: 'node', isDisabled: false, config: { bindings: [trigger] } };
}

function answerProblem(response: ServerResponse, status: number, error: string): void {
  answerJson(response, status, { error });
}

function answerJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}
