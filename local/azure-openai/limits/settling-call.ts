import type { OpenCall } from '../calls/call-book.ts';
import type { Deployment } from '../region.ts';

/**
 * A call of a provisioned deployment: as it ends its estimate is corrected by what it came to, in the limiter and in the
 * log. One that failed has come to what its log says that it used. Any other call is given back as it is.
 */
export function settlingCall(call: OpenCall, deployment: Deployment, now: () => number): OpenCall {
  const { limiter, outputWeight } = deployment;
  if (outputWeight === undefined) {
    return call;
  }
  let estimated: number | undefined;
  return {
    ...call,
    admit: (admission) => {
      estimated = admission.cost;
      call.admit(admission);
    },
    end: (end) => {
      if (estimated === undefined || call.isEnded()) {
        call.end(end);
        return;
      }
      const actual = Math.ceil((end.promptTokens ?? 0) + (end.completionTokens ?? 0) * outputWeight);
      limiter.correct(now(), { estimated, actual });
      call.end({ ...end, cost: actual });
    },
  };
}
