import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Child, startChild } from './child-process.ts';
import type { StackLayout, StackPorts } from './stack-layout.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const portNumber = z.number();
const stackReady = z.object({
  environment: z.record(z.string(), z.string()),
  adminUrl: z.string(),
  ports: z.object({
    serviceBus: portNumber,
    cosmos: portNumber,
    blob: portNumber,
    azureOpenAiAdmin: portNumber,
    regions: z.record(z.string(), portNumber),
  }),
});
const appReady = z.object({ url: z.string() });

export interface StackProcess {
  readonly child: Child;
  readonly environment: Readonly<Record<string, string>>;
  readonly adminUrl: string;
  readonly ports: StackPorts;
}

/** The embedded stack as one process. */
export async function startStackProcess(
  layout: Partial<StackLayout> & { readonly folder: string },
  onLog?: (line: string) => void,
  signal?: AbortSignal,
  options: { readonly nodeFlags?: readonly string[]; readonly environment?: Readonly<Record<string, string>> } = {},
): Promise<StackProcess> {
  const { folder, ...changes } = layout;
  const { nodeFlags = [], environment = {} } = options;
  const args = [...nodeFlags, `${root}local/stack.ts`, '--json', '--folder', folder];
  args.push('--layout', JSON.stringify(changes));
  const child = await startChild({ name: 'The stack', args, cwd: root, environment, onLog, signal });
  return { child, ...stackReady.parse(child.ready) };
}

export interface AppProcess {
  readonly child: Child;
  /** `http://127.0.0.1:port` */
  readonly url: string;
}

/** One process of the app: the built bundle, under the functions host. */
export async function startAppProcess(input: {
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  readonly functionKey?: string;
  readonly onLog?: (line: string) => void;
  /** Aborted: an app that is not ready yet is ended, and this throws. */
  readonly signal?: AbortSignal;
}): Promise<AppProcess> {
  const { environment, port, functionKey, onLog, signal } = input;
  const key = functionKey === undefined ? [] : ['--key', functionKey];
  const args = [`${root}local/functions-host/main.ts`, '--root', root, '--port', String(port), ...key];
  const child = await startChild({
    name: 'The app',
    args,
    cwd: root,
    environment,
    onLog,
    signal,
  });
  return { child, url: appReady.parse(child.ready).url };
}
