import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallVerdict } from '../../../shared/models/call-outcome.ts';
import { remedyFor } from '../../../shared/pools/deployment-remedy.ts';
import { judgeCall } from '../../../shared/pools/judge-call.ts';
import { completedWith } from '../../fakes/scripted-model-client.ts';
import { outcomeOf } from '../../fakes/trip-deployment.ts';

const refused: CallVerdict = { kind: 'refused', reason: 'InvalidRequest', code: 'x', message: '', details: {} };

test('what a call says about its deployment', () => {
  const cases: readonly [CallVerdict, string][] = [
    [completedWith('Hello'), 'answers'],
    [refused, 'answers'],
    [{ kind: 'throttled', scope: 'quota', retryAfterMs: undefined }, 'answers'],
    [{ kind: 'throttled', scope: 'capacity', retryAfterMs: 600_000 }, 'answers'],
    [{ kind: 'throttled', scope: 'quota', retryAfterMs: 600_001 }, 'trouble'],
    [{ kind: 'failed', code: 'http_503', message: '' }, 'fault'],
    [{ kind: 'misconfigured', code: '401', message: '' }, 'trouble'],
    [{ kind: 'aborted' }, 'nothing'],
  ];

  for (const [verdict, kind] of cases) {
    assert.equal(judgeCall(outcomeOf(verdict)).kind, kind, JSON.stringify(verdict));
  }
});

test('a 429 is no success that would hide faults, and no fault', () => {
  const evidence = judgeCall(outcomeOf({ kind: 'throttled', scope: 'quota', retryAfterMs: 1000 }));

  assert.deepEqual(evidence, { kind: 'answers', isCounted: false });
});

test('a service that asks for a day opens the breaker and says what to look at', () => {
  const evidence = judgeCall(outcomeOf({ kind: 'throttled', scope: 'quota', retryAfterMs: 86_400_000 }));

  assert.partialDeepStrictEqual(evidence, {
    kind: 'trouble',
    trouble: {
      kind: 'open',
      code: 'throttled_for_long',
      message: 'The deployment asks to wait for 86400 s. It is tried again sooner.',
    },
  });
});

test('a long message is cut: breakers are read every few seconds', () => {
  const evidence = judgeCall(outcomeOf({ kind: 'failed', code: 'http_500', message: 'x'.repeat(10_000) }));

  assert.ok(evidence.kind === 'fault' && evidence.trouble.message.length === 500);
});

test('every trouble has a remedy, and each fault of the configuration names what to mend', () => {
  const remedies: readonly [{ readonly code: string; readonly status: number | undefined }, RegExp][] = [
    [{ code: '401', status: 401 }, /apiKey .*REGIONS.*role/u],
    [{ code: 'http_401', status: 401 }, /apiKey/u],
    [{ code: 'PermissionDenied', status: 403 }, /Cognitive Services OpenAI User/u],
    [{ code: 'AccessDenied', status: 403 }, /network rules/u],
    [{ code: 'http_403', status: 403 }, /blocked/u],
    [{ code: 'DeploymentNotFound', status: 404 }, /deployment's name in REGIONS/u],
    [{ code: '404', status: 404 }, /apiVersion/u],
    [{ code: 'http_302', status: 302 }, /endpoint/u],
    [{ code: 'credential_failed', status: undefined }, /managed identity/u],
    [{ code: 'OperationNotSupported', status: 400 }, /model in REGIONS/u],
  ];
  for (const [trouble, names] of remedies) {
    assert.match(remedyFor({ kind: 'misconfigured', ...trouble }), names, trouble.code);
  }
  assert.match(remedyFor({ kind: 'open', code: 'throttled_for_long', status: 429 }), /quota/u);
  assert.match(remedyFor({ kind: 'open', code: 'connection_failed', status: undefined }), /network rules/u);
  assert.match(remedyFor({ kind: 'open', code: 'http_503', status: 503 }), /tried again by itself/u);
});
