import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processDeploymentHealth } from '../../../shared/pools/deployment-health.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';

const east = { region: 'east', deployment: 'mini' };
const why = { code: '401', message: 'The key was refused.' };

test('a deployment that was closed is closed for half a minute, and no other one is', async () => {
  const clock = fakeClock();
  const health = processDeploymentHealth(clock);
  assert.ok(health.isOpen(east));

  health.close(east, why);

  assert.equal(health.isOpen(east), false);
  assert.ok(health.isOpen({ ...east, deployment: 'large' }) && health.isOpen({ ...east, region: 'west' }));
  assert.partialDeepStrictEqual(health.closed(), [{ ...east, ...why }]);
  await clock.advance(29_999);
  assert.equal(health.isOpen(east), false);
  await clock.advance(1);
  assert.ok(health.isOpen(east));
  assert.deepEqual(health.closed(), []);
});

test('closing again extends the time', async () => {
  const clock = fakeClock();
  const health = processDeploymentHealth(clock);
  health.close(east, why);
  await clock.advance(20_000);

  health.close(east, why);

  await clock.advance(20_000);
  assert.equal(health.isOpen(east), false);
  assert.equal(health.closed().length, 1);
});
