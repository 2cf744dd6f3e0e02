import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketLimits } from '../../../shared/bucket/bucket-limits.ts';
import { type BucketState, openBucket } from '../../../shared/bucket/bucket-state.ts';
import type { CallObservation } from '../../../shared/bucket/call-observation.ts';
import { forgetUnconfirmed, judgeAnswer } from '../../../shared/bucket/judge-answer.ts';

const limits: BucketLimits = { tokensPerMinute: 80_000, requestsPerMinute: 480, requestWindowSeconds: 10, share: 1 };
const now = 1_800_000_000_000;
const fresh = openBucket('east', limits, now);

function answer(changes: {
  readonly startedMs?: number;
  readonly headers?: Partial<CallObservation['rateLimit']>;
  readonly throttled?: CallObservation['throttled'];
}): CallObservation {
  const none = {
    limitTokens: undefined,
    remainingTokens: undefined,
    limitRequests: undefined,
    remainingRequests: undefined,
  };
  return {
    startedMs: changes.startedMs ?? now,
    rateLimit: { ...none, ...changes.headers },
    throttled: changes.throttled,
  };
}

function judged(state: BucketState, call: CallObservation, at = now): BucketState {
  const corrected = judgeAnswer(state, call, at);
  assert.ok(corrected !== undefined);
  return corrected;
}

const refused = (retryAfterMs: number | undefined) => answer({ throttled: { scope: 'quota', retryAfterMs } });

test('S1: a lower limit in the headers is in force at once, in the next epoch, and the totals stay', () => {
  const halved = judged(fresh, answer({ headers: { limitTokens: 40_000, limitRequests: 240 } }));

  assert.equal(halved.epoch, fresh.epoch + 1);
  assert.deepEqual([halved.tokens.limit, halved.requests.limit], [40_000, 40]);
  assert.equal(halved.tokens.cellCap, 200);
  assert.deepEqual([halved.head, halved.tokens.total, halved.tokens.snaps], [fresh.head, 0, fresh.tokens.snaps]);
});

test('S1: the limit recovers when the headers say so, and a higher one than the configured changes nothing', () => {
  const halved = judged(fresh, answer({ headers: { limitTokens: 40_000 } }));

  const restored = judged(halved, answer({ startedMs: now + 5000, headers: { limitTokens: 80_000 } }), now + 6000);

  assert.equal(restored.tokens.limit, 80_000);
  assert.equal(judgeAnswer(fresh, answer({ headers: { limitTokens: 500_000 } }), now), undefined);
});

test('S1: a limit of zero or below is a lie, and a missing one tells nothing', () => {
  const halved = judged(fresh, answer({ headers: { limitTokens: 40_000 } }));
  for (const limitTokens of [0, -1, undefined]) {
    assert.equal(judgeAnswer(fresh, answer({ headers: { limitTokens } }), now), undefined);
    assert.equal(judgeAnswer(halved, answer({ startedMs: now + 1, headers: { limitTokens } }), now + 2), undefined);
  }
});

test('S1: a lowered limit is confirmed now and then, and forgotten when nobody confirms it for two minutes', () => {
  const lower = answer({ startedMs: now + 40_000, headers: { limitTokens: 40_000 } });
  const halved = judged(fresh, answer({ headers: { limitTokens: 40_000 } }));

  assert.equal(judgeAnswer(halved, lower, now + 20_000), undefined);
  assert.equal(
    judgeAnswer(halved, answer({ startedMs: now + 40_000 }), now + 40_000),
    undefined,
    'silence confirms nothing',
  );
  const confirmed = judged(halved, lower, now + 40_000);
  assert.equal(confirmed.tokens.limit, 40_000);
  assert.equal(forgetUnconfirmed(confirmed, now + 150_000), undefined);
  assert.equal(forgetUnconfirmed(confirmed, now + 160_000)?.tokens.limit, 80_000);
  assert.equal(forgetUnconfirmed(fresh, now + 160_000), undefined);
});

test('S3: an answer to a call that was sent before the change neither lowers nor raises', () => {
  const halved = judged(fresh, answer({ headers: { limitTokens: 40_000 } }), now + 1000);

  const late = answer({ startedMs: now + 500, headers: { limitTokens: 80_000 } });

  assert.equal(judgeAnswer(halved, late, now + 3000), undefined);
});

test('S2: a 429 stops every start for as long as it asks, within a twelfth and the whole of the window', () => {
  const waits = [undefined, -1000, 0, 1000, 7000, 45_000, 86_400_000].map(
    (retryAfterMs) => judged(fresh, refused(retryAfterMs)).throttle.untilMs - now,
  );

  assert.deepEqual(waits, [5000, 5000, 5000, 5000, 7000, 45_000, 60_000]);
});

test('S2: a 429 of the request window waits by that window', () => {
  const call = answer({
    headers: { remainingRequests: 0, remainingTokens: 70_000 },
    throttled: { scope: 'quota', retryAfterMs: 86_400_000 },
  });

  assert.equal(judged(fresh, call).throttle.untilMs - now, 10_000);
});

test('S3: one storm is answered once, and the next one soon after waits twice as long', () => {
  const first = judged(fresh, refused(undefined), now + 100);
  const same = answer({ startedMs: now + 90, throttled: { scope: 'quota', retryAfterMs: undefined } });
  assert.equal(judgeAnswer(first, same, now + 200), undefined);

  const next = answer({ startedMs: now + 8000, throttled: { scope: 'quota', retryAfterMs: undefined } });
  const second = judged(first, next, now + 8100);
  assert.deepEqual([second.throttle.untilMs - now, second.throttle.strikes], [18_100, 1]);

  const much = answer({ startedMs: now + 900_000, throttled: { scope: 'quota', retryAfterMs: undefined } });
  assert.equal(judged(second, much, now + 900_100).throttle.strikes, 0);
});

test('a service short of capacity is left alone for a second at first', () => {
  const call = answer({ throttled: { scope: 'capacity', retryAfterMs: undefined } });
  assert.equal(judged(fresh, call).throttle.untilMs - now, 1000);
});

test('a share is kept of what the service says as well', () => {
  const shared = openBucket('east', { ...limits, share: 0.25 }, now);
  assert.deepEqual([shared.tokens.limit, shared.requests.limit], [20_000, 20]);

  const halved = judged(shared, answer({ headers: { limitTokens: 40_000, limitRequests: 240 } }));
  assert.deepEqual([halved.tokens.limit, halved.requests.limit], [10_000, 10]);
});
