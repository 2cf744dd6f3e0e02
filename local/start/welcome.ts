import type { System } from './run-system.ts';

/** What `npm start` says when everything answers: addresses, lines to paste, where things are. */
export function welcome(facts: {
  readonly system: Pick<System, 'url' | 'adminUrl' | 'environment' | 'ports'>;
  /** As the user may type them. */
  readonly files: { readonly folder: string; readonly trace: string; readonly logs: string };
  readonly model: string;
  readonly functionKey: string | undefined;
  readonly seconds: number;
}): string {
  const { system, files, functionKey } = facts;
  const { environment, ports, url, adminUrl } = system;
  const regions = Object.entries(ports.regions).map(([name, port]) => `${name} http://127.0.0.1:${port}`);
  const key = functionKey === undefined ? '' : ` -H 'x-functions-key: ${functionKey}'`;
  const job = { id: 'hello-1', request: helloRequest(facts.model) };
  return `
Sluice runs (ready in ${facts.seconds.toFixed(1)} s).

  App            ${url}/api      health: ${url}/api/health
  Service Bus    queue "jobs" of ${environment['ServiceBus'] ?? ''}
  Cosmos DB      ${environment['COSMOS_ENDPOINT'] ?? ''}   database: ${environment['COSMOS_DATABASE'] ?? ''}
  Blob storage   http://127.0.0.1:${ports.blob}
  Azure OpenAI   simulated: ${regions.join(', ')}
                 counters: ${adminUrl}/admin/counters

Submit a job:

  curl -sS${key} ${url}/api/jobs -H 'content-type: application/json' -d '${JSON.stringify(job)}'

Read its result, some seconds later:

  curl -sS${key} ${url}/api/jobs/${job.id}

Data: ${files.folder}   trace: ${files.trace}   logs: ${files.logs}
Ctrl-C stops everything; what is queued then goes on with the next start.
`;
}

function helloRequest(model: string) {
  const messages = [{ role: 'user', content: 'Say hello in five languages.' }];
  return { method: 'POST', url: '/v1/chat/completions', body: { model, messages, max_tokens: 100 } };
}
