import type { Clock } from '../clock.ts';

/** Which deployments this process may call. A fault of a deployment's configuration closes it, never a job (J5). */
export interface DeploymentHealth {
  readonly isOpen: (where: DeploymentName) => boolean;
  readonly close: (where: DeploymentName, why: { readonly code: string; readonly message: string }) => void;
  readonly closed: () => readonly ClosedDeployment[];
}

export interface DeploymentName {
  readonly region: string;
  readonly deployment: string;
}

export function deploymentKey({ region, deployment }: DeploymentName): string {
  return `${region}/${deployment}`;
}

export interface ClosedDeployment extends DeploymentName {
  readonly code: string;
  readonly message: string;
  /** Epoch ms: one call may try again then. */
  readonly untilMs: number;
}

/** How long a closed deployment stays closed before a call tries it again, in ms. */
const closedMs = 30_000;

/** Health kept in this process alone: another one finds out by a call of its own. */
export function processDeploymentHealth(clock: Clock): DeploymentHealth {
  const closed = new Map<string, ClosedDeployment>();
  const key = ({ region, deployment }: DeploymentName): string => `${region}/${deployment}`;
  const isClosed = (one: ClosedDeployment | undefined): one is ClosedDeployment =>
    one !== undefined && one.untilMs > clock.now();
  return {
    isOpen: (where) => !isClosed(closed.get(key(where))),
    close: ({ region, deployment }, why) => {
      const entry = { region, deployment, code: why.code, message: why.message, untilMs: clock.now() + closedMs };
      closed.set(key(entry), entry);
    },
    closed: () => [...closed.values()].filter(isClosed),
  };
}
