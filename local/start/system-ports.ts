import { once } from 'node:events';
import { createServer } from 'node:net';
import { defaultPorts, type StackPorts } from '../stack-layout.ts';

/** The ports of the stack, and the app's. */
export interface SystemPorts {
  /** Absent when the stack runs alone. */
  readonly app?: number;
  readonly stack: StackPorts;
}

/** One port: what listens there, and how a user changes it. */
export interface PortSetting {
  readonly part: string;
  /** Without the dashes. */
  readonly flag: string;
  readonly variable: string;
  readonly usual: number;
}

const regionSettings: readonly (PortSetting & { readonly region: string })[] = Object.entries(defaultPorts.regions).map(
  ([region, usual]) => ({
    region,
    part: `region ${region} of Azure OpenAI`,
    flag: `${region}-port`,
    variable: `SLUICE_${region.toUpperCase()}_PORT`,
    usual,
  }),
);

const settings = {
  app: { part: 'the app', flag: 'port', variable: 'SLUICE_PORT', usual: 7071 },
  serviceBus: {
    part: 'Service Bus',
    flag: 'service-bus-port',
    variable: 'SLUICE_SERVICE_BUS_PORT',
    usual: defaultPorts.serviceBus,
  },
  cosmos: { part: 'Cosmos DB', flag: 'cosmos-port', variable: 'SLUICE_COSMOS_PORT', usual: defaultPorts.cosmos },
  blob: { part: 'blob storage', flag: 'blob-port', variable: 'SLUICE_BLOB_PORT', usual: defaultPorts.blob },
  admin: {
    part: 'the admin endpoint of Azure OpenAI',
    flag: 'admin-port',
    variable: 'SLUICE_ADMIN_PORT',
    usual: defaultPorts.azureOpenAiAdmin,
  },
} as const satisfies Readonly<Record<string, PortSetting>>;

export const portSettings: readonly PortSetting[] = [...Object.values(settings), ...regionSettings];

/** Those of the stack alone. */
export const stackPortSettings: readonly PortSetting[] = portSettings.filter(({ flag }) => flag !== settings.app.flag);

/** The ports as flags, variables (a flag wins) or defaults give them. */
export function systemPorts(read: (setting: PortSetting) => number): Required<SystemPorts> {
  return { app: read(settings.app), stack: stackPorts(read) };
}

/** The same for the stack alone. */
export function stackPorts(read: (setting: PortSetting) => number): StackPorts {
  return {
    serviceBus: read(settings.serviceBus),
    cosmos: read(settings.cosmos),
    blob: read(settings.blob),
    azureOpenAiAdmin: read(settings.admin),
    regions: Object.fromEntries(regionSettings.map((setting) => [setting.region, read(setting)])),
  };
}

/**
 * Looks whether every port is free, before anything is started.
 *
 * @throws naming each port that is taken, the part that wants it, and the flag that changes it
 */
export async function checkPorts(ports: SystemPorts): Promise<void> {
  const { app, stack } = ports;
  const wanted: readonly (readonly [PortSetting, number | undefined])[] = [
    [settings.app, app],
    [settings.serviceBus, stack.serviceBus],
    [settings.cosmos, stack.cosmos],
    [settings.blob, stack.blob],
    [settings.admin, stack.azureOpenAiAdmin],
    ...regionSettings.map((setting) => [setting, stack.regions[setting.region]] as const),
  ];
  const problems: string[] = [];
  const seen = new Map<number, string>();
  for (const [{ part, flag, variable }, port] of wanted) {
    if (port === undefined || port === 0) {
      continue;
    }
    const other = seen.get(port);
    seen.set(port, part);
    if (other !== undefined) {
      problems.push(`Port ${port} is given to ${other} and to ${part}: use --${flag} PORT or ${variable}=PORT.`);
    } else if (!(await isFree(port))) {
      problems.push(
        `Port ${port} is taken, and ${part} wants it: use --${flag} PORT or ${variable}=PORT (0: a free one).`,
      );
    }
  }
  if (problems.length > 0) {
    throw new Error(
      `${problems.join('\n')}\nIf Sluice runs in another terminal, stop it there, or start with --free-ports.`,
    );
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
