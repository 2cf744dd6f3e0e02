import { AppError } from '../errors.ts';
import type { TicketDelivery } from '../lanes/lane.ts';
import { eventNames, sluice, spanNames } from '../telemetry/names.ts';
import type { Span } from '../telemetry/telemetry.ts';
import type { PipelineDeps } from './deps.ts';
import { armFirstLane, hasWork } from './arm-lanes.ts';
import { CallTimes } from './call-times.ts';
import { leaveLane, passLaneOn, postponeTicket, takeLane } from './hold-lane.ts';
import { keepTime } from './keep-time.ts';
import { LanePlanner } from './lane-planner.ts';
import { PumpHand } from './pump-hand.ts';
import { pullPools } from './pull-pools.ts';
import { tellQuotas } from './tell-quotas.ts';
import { watchControl } from './watch-control.ts';

/** How long a ticket waits before it tries again after an outage, in ms. */
const postponeMs = 5000;

export type PumpEnd = 'not-started' | 'idle' | 'surplus' | 'passed-on' | 'postponed';

/**
 * One pump: takes the lane that its ticket names, serves every pool for a pull window, hands the lane on, waits for its
 * calls in flight, and tells about it. Never throws for an outage: the ticket is scheduled again and the invocation
 * returns, because a throwing one would be delivered again at once, and again.
 */
export async function runPump(deps: PipelineDeps, delivery: TicketDelivery, stopping: AbortSignal): Promise<PumpEnd> {
  const { ticket } = delivery;
  const span = deps.telemetry.startSpan(spanNames.pump, {
    kind: 'consumer',
    fields: { [sluice.lane]: ticket.lane, [sluice.generation]: ticket.generation },
  });
  const hand = new PumpHand();
  const settled = new AbortController();
  let end: PumpEnd;
  try {
    end = await start(deps, { delivery, stopping, span, hand, settled: settled.signal });
  } catch (error) {
    deps.telemetry.record(
      eventNames.pumpError,
      { [sluice.errorCode]: codeOf(error), [sluice.lane]: ticket.lane },
      span,
    );
    deps.logFault(`pump ${ticket.lane}`, error);
    await postponeQuietly(deps, delivery);
    end = 'postponed';
  }
  await hand.settled();
  settled.abort();
  await wakeAgain(deps, hand, span);
  span.setFields({ [sluice.outcome]: end, [sluice.jobsPulled]: hand.pulled, [sluice.jobsEnded]: hand.ended });
  span.end();
  await deps.telemetry.flush();
  return end;
}

interface Pump {
  readonly delivery: TicketDelivery;
  readonly stopping: AbortSignal;
  readonly span: Span;
  readonly hand: PumpHand;
  /** Aborted when nothing is in hand any more. */
  readonly settled: AbortSignal;
}

/** A worker that does not know the time well enough leaves the lane to others: it could neither reserve nor pull (B2). */
async function start(deps: PipelineDeps, pump: Pump): Promise<PumpEnd> {
  if (!(await deps.reserver.isReady())) {
    deps.telemetry.record(
      eventNames.pumpError,
      { [sluice.errorCode]: `clock.${deps.reserver.clock().state}` },
      pump.span,
    );
    await postponeTicket(deps, pump.delivery, postponeMs);
    return 'postponed';
  }
  await deps.models.prepare();
  return (await takeLane(deps, pump.delivery)) ? serve(deps, pump) : 'not-started';
}

async function serve(deps: PipelineDeps, pump: Pump): Promise<PumpEnd> {
  const { delivery } = pump;
  const { traceparent } = pump.span;
  const calls = new CallTimes(deps.clock);
  const planner = new LanePlanner(deps, calls);
  const pulled = new AbortController();
  // A pump that does not know the switches pulls nothing: a stop may have been ordered.
  await Promise.all([deps.switches.refresh(), deps.health.refresh()]);
  void watchControl(deps, pump.settled);
  void planner.grow(traceparent, pulled.signal);
  void tellQuotas(deps, pulled.signal);
  void keepTime(deps, pulled.signal);
  const why = await pullPools(
    { ...deps, models: calls.timing(deps.models) },
    { hand: pump.hand, stopping: pump.stopping, traceparent },
  ).finally(() => pulled.abort());
  const isSurplus = why === 'window-over' && !pump.stopping.aborted && (await planner.isSurplus(delivery.ticket.lane));
  if (why === 'idle' || isSurplus) {
    await leaveLane(deps, { delivery, held: pump.hand.held(), traceparent });
    return why === 'idle' ? 'idle' : 'surplus';
  }
  await passLaneOn(deps, delivery, traceparent);
  return 'passed-on';
}

/** What was given back after the last look at the queues is work that nobody else may know of (L1). */
async function wakeAgain(deps: PipelineDeps, hand: PumpHand, span: Span): Promise<void> {
  if (hand.givenBack === 0) {
    return;
  }
  try {
    // Of a pool that cannot be served now it waits for the timer.
    if (await hasWork(deps, new Map())) {
      await armFirstLane(deps, span.traceparent);
    }
  } catch (error) {
    // The timer looks every ten seconds.
    deps.logFault('arming a lane for jobs that were given back', error);
  }
}

/** When Service Bus is away as well, nothing can be scheduled: the lane lapses, and the timer arms it. */
async function postponeQuietly(deps: PipelineDeps, delivery: TicketDelivery): Promise<void> {
  try {
    await postponeTicket(deps, delivery, postponeMs);
  } catch (error) {
    deps.logFault('postponing a ticket', error);
    deps.telemetry.record(eventNames.pumpError, { [sluice.errorCode]: codeOf(error) });
  }
}

function codeOf(error: unknown): string {
  return error instanceof AppError ? error.code : 'unexpected';
}
