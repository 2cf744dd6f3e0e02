import type { PumpRun } from '../lanes/drain-rate.ts';
import { laneId } from '../lanes/lane.ts';
import { armLanes } from './arm-lanes.ts';
import type { CallTimes } from './call-times.ts';
import type { PipelineDeps } from './deps.ts';
import { planLanes } from './plan-lanes.ts';
import { within } from './within.ts';

/** When a pump looks first whether further lanes are wanted, and how often from then on, in ms. */
const firstLookMs = 1000;
const lookMs = 5000;

/** A pump that hands its lane on waits no longer than this for the answer whether it is still wanted, in ms. */
const surplusMs = 1000;

/** What counts of the time before the last look, look by look. */
const kept = 0.8;

/** Watches what one pump drains, and how many lanes are wanted. */
export class LanePlanner {
  readonly #deps: PipelineDeps;
  readonly #calls: CallTimes;
  #seen: Omit<PumpRun, 'places'>;
  #run: Omit<PumpRun, 'places'> = { endedCalls: 0, callMs: 0, elapsedMs: 0, busyMs: 0 };
  #hasFailed = false;

  constructor(deps: PipelineDeps, calls: CallTimes) {
    this.#deps = deps;
    this.#calls = calls;
    this.#seen = this.#read();
  }

  /** Arms further lanes while they are wanted, until `signal` is aborted. A look that fails is left to the next one. */
  async grow(traceparent: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    await clock.sleep(firstLookMs, signal);
    while (!signal.aborted) {
      try {
        const wanted = await this.#wanted();
        if (wanted > 1 && !signal.aborted) {
          await armLanes(this.#deps, wanted, traceparent);
        }
      } catch (error) {
        this.#logFault('looking whether more lanes are wanted', error);
      }
      await clock.sleep(lookMs, signal);
    }
  }

  /** Whether there are enough lanes without this one; a failing look says no. The first lane is always wanted. */
  async isSurplus(lane: string): Promise<boolean> {
    if (lane === laneId(0)) {
      return false;
    }
    try {
      const wanted = await within(this.#deps.clock, surplusMs, async () => this.#wanted());
      return wanted !== undefined && !Array.from({ length: wanted }, (_, index) => laneId(index)).includes(lane);
    } catch (error) {
      this.#logFault(`looking whether ${lane} is still wanted`, error);
      return false;
    }
  }

  async #wanted(): Promise<number> {
    const [past, seen, now] = [this.#run, this.#seen, this.#read()];
    this.#seen = now;
    this.#run = {
      endedCalls: past.endedCalls * kept + now.endedCalls - seen.endedCalls,
      callMs: past.callMs * kept + now.callMs - seen.callMs,
      elapsedMs: past.elapsedMs * kept + now.elapsedMs - seen.elapsedMs,
      busyMs: past.busyMs * kept + now.busyMs - seen.busyMs,
    };
    const wanted = await planLanes(this.#deps, { ...this.#run, places: this.#deps.settings.pump.maxJobsInHand });
    this.#hasFailed = false;
    return wanted;
  }

  /** Since the process or the pump began. */
  #read(): Omit<PumpRun, 'places'> {
    const { clock, busyMs } = this.#deps;
    const { ended, totalMs } = this.#calls;
    return { endedCalls: ended, callMs: totalMs, elapsedMs: clock.now(), busyMs: busyMs() };
  }

  /** Once until a look succeeds. */
  #logFault(what: string, error: unknown): void {
    if (!this.#hasFailed) {
      this.#deps.logFault(what, error);
    }
    this.#hasFailed = true;
  }
}
