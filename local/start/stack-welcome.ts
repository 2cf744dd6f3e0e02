import type { StackLayout } from '../stack-layout.ts';

/** What `npm run stack` says when everything answers: settings to paste, and where things are. */
export function stackWelcome(facts: {
  readonly connections: Readonly<Record<string, string>>;
  readonly adminUrl: string;
  readonly models: StackLayout['models'];
  /** As the user may type it. */
  readonly folder: string;
  readonly seconds: number;
}): string {
  const { connections, adminUrl, models, folder, seconds } = facts;
  return `
The embedded stack runs (ready in ${seconds.toFixed(1)} s). Paste this into the shell of an application:

${environmentLines(connections)
  .map((line) => `  export ${line}`)
  .join('\n')}

Deployments of Azure OpenAI: ${models.map(({ name }) => name).join(', ')}
Counters, limits and faults:  ${adminUrl}/admin
Data: ${folder}

Ctrl-C stops it; what it keeps is there again with the next start. docs/stack.md says what is carried and what is not.
`;
}

/** Lines of a `.env` file; a shell takes them too. A value with an apostrophe, as a folder may have, stands in quotes. */
export function environmentLines(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}`);
}

function quoted(value: string): string {
  return value.includes("'") ? `"${value.replaceAll(/[\\"$`]/gu, String.raw`\$&`)}"` : `'${value}'`;
}
