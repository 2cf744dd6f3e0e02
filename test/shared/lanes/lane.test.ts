import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  armLane,
  continuingTicket,
  disarmLane,
  idleLane,
  laneId,
  type Lane,
  rearmLane,
  startLane,
  ticketSchema,
  type TicketDelivery,
} from '../../../shared/lanes/lane.ts';

const id = 'lane-0';
const now = 1000;
const run = { now, longestRunMs: 60_000 };

function armedLane(): Lane {
  const lane = armLane(undefined, { id, now });
  assert.ok(lane !== undefined);
  return lane;
}

function delivery(generation: number, changes: Partial<TicketDelivery> = {}): TicketDelivery {
  return { ticket: { lane: id, generation }, sequenceNumber: '7', deliveryCount: 1, ...changes };
}

function runningLane(by: TicketDelivery = delivery(1)): Lane {
  const lane = startLane(armedLane(), by, run);
  assert.ok(lane !== undefined);
  return lane;
}

test('a new lane is armed in its first generation, for two minutes', () => {
  assert.deepEqual(armedLane(), { id, v: 1, state: 'armed', generation: 1, until: now + 120_000 });
});

test('an armed or running lane is armed again only when it has lapsed', () => {
  for (const lane of [armedLane(), runningLane()]) {
    assert.equal(armLane(lane, { id, now: lane.until - 1 }), undefined);
    assert.partialDeepStrictEqual(armLane(lane, { id, now: lane.until }), { state: 'armed', generation: 2 });
  }
});

test('a ticket of another generation starts nothing (L1.1)', () => {
  const second = armLane(armedLane(), { id, now: now + 120_000 });

  assert.equal(startLane(second, delivery(1), run), undefined);
  assert.equal(startLane(second, delivery(3), run), undefined);
  assert.equal(startLane(second, delivery(2), run)?.state, 'running');
});

test('a running lane lapses when its longest run is over', () => {
  assert.equal(runningLane().until, now + 60_000);
});

test('a running lane is started again by a later delivery of its ticket, and by no other message (L1.2)', () => {
  const lane = runningLane();

  assert.deepEqual(startLane(lane, delivery(1, { deliveryCount: 2 }), run)?.startedBy, {
    sequenceNumber: '7',
    deliveryCount: 2,
  });
  assert.equal(startLane(lane, delivery(1), run), undefined);
  assert.equal(startLane(lane, delivery(1, { sequenceNumber: '8', deliveryCount: 2 }), run), undefined);
});

test('a postponed ticket goes on with the lane of whoever postponed it, however often that happened', () => {
  const lane = runningLane();
  let postponed = delivery(1);
  for (let times = 0; times < 100; times += 1) {
    const ticket = continuingTicket(postponed);
    postponed = { ticket, sequenceNumber: String(8 + times), deliveryCount: 0 };
  }

  assert.equal(startLane(lane, postponed, run)?.state, 'running');
  assert.ok(JSON.stringify(postponed.ticket).length < 4000);
  assert.deepEqual(ticketSchema.parse(JSON.parse(JSON.stringify(postponed.ticket))), postponed.ticket);
});

test('a postponed ticket does not go on with a lane that was started again meanwhile', () => {
  const restarted = runningLane(delivery(1, { deliveryCount: 2 }));
  const postponed = { ...delivery(1, { sequenceNumber: '8' }), ticket: continuingTicket(delivery(1)) };

  assert.equal(startLane(restarted, postponed, run), undefined);
});

test('only the delivery that holds a lane arms it again or gives it up (L1.4)', () => {
  const [earlier, holder] = [delivery(1), delivery(1, { deliveryCount: 2 })];
  const lane = runningLane(holder);

  assert.equal(rearmLane(lane, earlier, { now }), undefined);
  assert.equal(idleLane(lane, earlier), undefined);
  assert.partialDeepStrictEqual(rearmLane(lane, holder, { now }), { state: 'armed', generation: 2 });
  assert.partialDeepStrictEqual(idleLane(lane, holder), { state: 'idle', generation: 1 });
});

test('a lane whose ticket could not be sent is free, unless it has moved on', () => {
  const free = disarmLane(armedLane(), 1);

  assert.equal(free?.state, 'idle');
  assert.equal(armLane(free, { id, now })?.generation, 2);
  assert.equal(disarmLane(armedLane(), 2), undefined);
  assert.equal(disarmLane(runningLane(), 1), undefined);
});

test('fields that a newer version wrote stay on the lane', () => {
  const newer = { ...armedLane(), colour: 'blue' };

  assert.partialDeepStrictEqual(startLane(newer, delivery(1), run), { colour: 'blue' });
});

test('a ticket names a lane, and nothing else that could go into an address (S1)', () => {
  const isTicket = (lane: string): boolean => ticketSchema.safeParse({ lane, generation: 1 }).success;

  assert.ok(isTicket(laneId(0)) && isTicket(laneId(63)));
  for (const lane of ['', '../x', 'lane-', 'lane-0/..', 'lane-0\n', 'switches', 'lane-123456']) {
    assert.ok(!isTicket(lane), lane);
  }
});
