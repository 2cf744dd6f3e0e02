import { z } from 'zod';
import { CosmosError } from '../cosmos-error.ts';
import { parseJson, type Json, type JsonObject } from '../json.ts';
import type { CosmosRequest } from '../service.ts';

/** Request units a second that a container, or the containers of a database together, may spend. */
export type Throughput =
  | { readonly kind: 'manual'; readonly requestUnitsPerSecond: number }
  | { readonly kind: 'autoscale'; readonly mostRequestUnitsPerSecond: number };

/** What the headers of a create ask for; undefined for nothing, as in an account without provisioned throughput. */
export function requestedThroughput({ header }: CosmosRequest): Throughput | undefined {
  const manual = header('x-ms-offer-throughput');
  if (manual !== undefined) {
    return manualThroughput(Number(manual));
  }
  const autoscale = header('x-ms-cosmos-offer-autopilot-settings');
  return autoscale === undefined ? undefined : autoscaleThroughput(readSettings(autoscale));
}

const contentSchema = z.object({
  content: z.object({
    offerThroughput: z.number().optional(),
    offerAutopilotSettings: z.object({ maxThroughput: z.number() }).nullish(),
  }),
});

/** What the body of a replaced offer asks for. Throws `CosmosError` (400). */
export function offeredThroughput(body: Json | undefined): Throughput {
  const read = contentSchema.safeParse(body);
  if (!read.success) {
    throw new CosmosError('BadRequest', `The offer is not valid: ${z.prettifyError(read.error)}`);
  }
  const { offerThroughput, offerAutopilotSettings } = read.data.content;
  return offerAutopilotSettings === undefined || offerAutopilotSettings === null
    ? manualThroughput(offerThroughput ?? Number.NaN)
    : autoscaleThroughput(offerAutopilotSettings.maxThroughput);
}

export function limitOf(throughput: Throughput): number {
  switch (throughput.kind) {
    case 'manual':
      return throughput.requestUnitsPerSecond;
    case 'autoscale':
      return throughput.mostRequestUnitsPerSecond;
  }
}

/** An autoscale offer names the tenth of its maximum as what is always there. */
export function offerContent(throughput: Throughput): JsonObject {
  if (throughput.kind === 'manual') {
    return { offerThroughput: throughput.requestUnitsPerSecond, offerIsRUPerMinuteThroughputEnabled: false };
  }
  const most = throughput.mostRequestUnitsPerSecond;
  return {
    offerThroughput: most / 10,
    offerIsRUPerMinuteThroughputEnabled: false,
    offerAutopilotSettings: { tier: 0, maximumTierThroughput: most, autoUpgrade: false, maxThroughput: most },
  };
}

/** learn.microsoft.com/azure/cosmos-db/concepts-limits: at least 400, in steps of 100. */
function manualThroughput(requestUnitsPerSecond: number): Throughput {
  requireSteps(requestUnitsPerSecond, { least: 400, step: 100 });
  return { kind: 'manual', requestUnitsPerSecond };
}

/** At least 1,000, in steps of 1,000. */
function autoscaleThroughput(mostRequestUnitsPerSecond: number): Throughput {
  requireSteps(mostRequestUnitsPerSecond, { least: 1000, step: 1000 });
  return { kind: 'autoscale', mostRequestUnitsPerSecond };
}

const mostRequestUnits = 1_000_000;

function requireSteps(asked: number, { least, step }: { readonly least: number; readonly step: number }): void {
  if (!Number.isInteger(asked) || asked < least || asked > mostRequestUnits || asked % step !== 0) {
    throw new CosmosError(
      'BadRequest',
      `The offer should have valid throughput values between ${least} and ${mostRequestUnits} inclusive in increments of ${step}.`,
    );
  }
}

function readSettings(header: string): number {
  const settings = z.object({ maxThroughput: z.number() }).safeParse(parseSettings(header));
  return settings.success ? settings.data.maxThroughput : Number.NaN;
}

function parseSettings(header: string): Json | undefined {
  try {
    return parseJson(header);
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}
