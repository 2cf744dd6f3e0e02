import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartSwitch, type Switched } from '../../../local/parts/part-switch.ts';

interface FakePart extends Switched {
  readonly events: readonly string[];
}

/** A part that is up, and whose opening fails as often as there are errors. */
function fakePart(errors: readonly Error[] = []): FakePart {
  const failing = [...errors];
  const events: string[] = [];
  let isDown = false;
  return {
    events,
    get isDown() {
      return isDown;
    },
    open: async () => {
      const error = failing.shift();
      if (error !== undefined) {
        events.push('failed');
        throw error;
      }
      events.push('opened');
      isDown = false;
    },
    close: async () => {
      events.push('closed');
      isDown = true;
    },
  };
}

const portTaken = (): Error => Object.assign(new Error('The port is taken.'), { code: 'EADDRINUSE' });

test('a restart takes the part down and brings it back, one restart after the other', async () => {
  const part = fakePart();
  const switched = new PartSwitch(part);
  await Promise.all([switched.restart(1), switched.restart(0)]);
  assert.deepEqual(part.events, ['closed', 'opened', 'closed', 'opened']);
  assert.equal(switched.restarts, 2);
});

test('a port that somebody else has for a moment is tried again', async () => {
  const part = fakePart([portTaken(), portTaken()]);
  await new PartSwitch(part).restart(0);
  assert.deepEqual(part.events, ['closed', 'failed', 'failed', 'opened']);
});

test('any other failure is told, and the part can be opened later', async () => {
  const part = fakePart([new Error('The file is gone.')]);
  const switched = new PartSwitch(part);
  await assert.rejects(switched.restart(0), /The file is gone/u);
  assert.equal(switched.isDown, true);
  await switched.open();
  assert.equal(switched.isDown, false);
});

test('what is up is not opened again', async () => {
  const part = fakePart();
  const switched = new PartSwitch(part);
  await switched.open();
  assert.deepEqual([part.events, switched.restarts], [[], 0]);
});

test('the end cuts a restart short, and the part stays down', async () => {
  const part = fakePart();
  const switched = new PartSwitch(part);
  const restarting = switched.restart(600_000);
  await switched.end();
  await restarting;
  assert.equal(switched.isDown, true);
  assert.equal(part.events.includes('opened'), false);
});
