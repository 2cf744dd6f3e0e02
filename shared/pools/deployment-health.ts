import type { CallOutcome } from '../models/call-outcome.ts';
import type { Breaker, Standing } from './breaker.ts';

/**
 * Which deployments may be called (port). A fault of a deployment or of its configuration opens its breaker, never ends a
 * job (J5); all processes share the breakers. Nothing here throws: without the store a process goes on with what it knows.
 */
export interface DeploymentHealth {
  /** By what was seen last. `probe-due`: one job may try it, with `takeProbe`. */
  readonly standing: (where: DeploymentName) => Standing;
  /** Takes the probe of a deployment for a job; false when another job has it, in whatever process. */
  readonly takeProbe: (where: DeploymentName, jobId: string) => Promise<boolean>;
  /** Whether the job holds the deployment's probe, so that its call may begin. */
  readonly mayProbe: (where: DeploymentName, jobId: string) => boolean;
  /** A job that holds the probe does not call after all: another one may. Nothing when it does not hold it. */
  readonly releaseProbe: (where: DeploymentName, jobId: string) => void;
  /** Told after every call. */
  readonly report: (where: DeploymentName, call: CallReport) => void;
  /** Whether a job whose call failed, there or elsewhere, may be called there at once; takes it from its retry budget. */
  readonly mayRetry: (where: DeploymentName) => boolean;
  /** Deployments whose breaker is not closed. */
  readonly tripped: () => readonly TrippedDeployment[];
  /** Reads the breakers that were not read lately, renews the leases of this process, and writes what could not be written. */
  readonly refresh: () => Promise<void>;
}

export interface DeploymentName {
  readonly region: string;
  readonly deployment: string;
}

export interface CallReport {
  readonly jobId: string;
  /** The first call that the job ever made, in whatever deployment: it adds to the retry budget. */
  readonly isFirst: boolean;
  /** Epoch ms: a call that began before the breaker closed says nothing of what came after. */
  readonly startedMs: number;
  readonly outcome: CallOutcome;
}

export interface TrippedDeployment extends DeploymentName {
  readonly state: Exclude<Breaker['state'], 'closed'>;
  readonly code: string;
  /** The service's words, which may name its principals and addresses: not for everyone. */
  readonly message: string;
  /** What an operator can do about it. */
  readonly remedy: string;
  /** Epoch ms of the last change of state. */
  readonly sinceMs: number;
  /** Epoch ms: one job may try it then. */
  readonly untilMs: number;
}

/** Tells deployments apart. */
export function deploymentKey({ region, deployment }: DeploymentName): string {
  return `${region}/${deployment}`;
}
