import { DeploymentLimiter } from '../../local/azure-openai/limits/deployment-limiter.ts';
import type { Limits } from '../../local/azure-openai/limits/limit-plan.ts';
import { seededRandom } from '../../local/azure-openai/seeded-random.ts';
import type { Standing, Verdict } from '../../local/azure-openai/limits/window-judge.ts';
import type { BucketLimits } from '../../shared/bucket/bucket-limits.ts';
import { WindowMeter } from './window-meter.ts';

const tokenWindowMs = 60_000;

/** The deployment that is called: the limiter of the embedded Azure OpenAI judges, and meters watch what was sent. */
export class SimulatedService {
  readonly #limiter: DeploymentLimiter;
  readonly #tokens = new WindowMeter(tokenWindowMs);
  readonly #requests: WindowMeter;
  readonly #requestsPerWindow: number;
  #before: { readonly limits: Limits; readonly untilMs: number } | undefined;

  constructor(limits: BucketLimits, tokenWindow: 'sliding' | 'fixed') {
    const seconds = limits.requestWindowSeconds;
    const requestWindowSeconds = seconds === 1 || seconds === 60 ? seconds : 10;
    this.#limiter = new DeploymentLimiter({
      shape: { tokenWindow, tokenWindowMs, requestWindowSeconds, countsThrottled: 'nowhere' },
      limits,
      lowered: [],
      neighbour: undefined,
      startedAt: 0,
      neighbourRandom: () => seededRandom('neighbour'),
      recorder: { neighbourCalled: () => undefined, peaked: () => undefined },
    });
    this.#requests = new WindowMeter(requestWindowSeconds * 1000);
    this.#requestsPerWindow = requestWindowSeconds / 60;
  }

  get limits(): Limits {
    return this.#limiter.usualLimits;
  }

  changeLimits(limits: Limits, at: number): void {
    this.#before = { limits: this.limits, untilMs: at + tokenWindowMs };
    this.#limiter.changeLimits(at, limits);
  }

  /** A call arrives. Call in the order of time. */
  admit(call: { readonly at: number; readonly cost: number }): Verdict {
    const { tokensPerMinute, requestsPerMinute } = this.#limitsOfWindow(call.at);
    this.#tokens.add(call, tokensPerMinute);
    this.#requests.add({ at: call.at, cost: 1 }, Math.max(1, requestsPerMinute * this.#requestsPerWindow));
    return this.#limiter.admit(call);
  }

  /** What the headers of an answer tell. */
  standing(at: number): Standing {
    return this.#limiter.standing(at);
  }

  /** What a window may hold that began under other limits: the higher ones. */
  #limitsOfWindow(at: number): Limits {
    const before = this.#before !== undefined && at < this.#before.untilMs ? this.#before.limits : this.limits;
    return {
      tokensPerMinute: Math.max(before.tokensPerMinute, this.limits.tokensPerMinute),
      requestsPerMinute: Math.max(before.requestsPerMinute, this.limits.requestsPerMinute),
    };
  }

  /** The fullest window of what was sent, at any phase ÷ the limit of its instant: of tokens, or of requests. */
  get fullestWindow(): number {
    return Math.max(this.#tokens.fullest, this.#requests.fullest);
  }
}
