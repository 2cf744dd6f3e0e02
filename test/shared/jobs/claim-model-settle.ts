import { isDeadLetter } from '../../../shared/jobs/job-document.ts';
import { complete, deadLetter, release } from './claim-model-broker.ts';
import type { At, Turn } from './claim-model-turn.ts';
import { type Delivery, documentOf, idle, isOver, type Step, type World } from './claim-model-world.ts';

export function settle({ world, go }: Turn, { delivery, how }: At<'settle'>): Step {
  switch (how) {
    case 'abandon':
      return go('gives back', release(world, delivery), idle);
    case 'complete':
    case 'dead-letter': {
      const settled = how === 'complete' ? complete(world, delivery) : deadLetter(world, delivery);
      return go(`settles: ${how}`, settled, idle, brokenBySettling(world, settled, { delivery, how }));
    }
  }
}

/** The law of J2 that a settlement breaks, by what it leaves behind. */
export function brokenBySettling(
  before: World,
  after: World,
  { delivery, how }: { readonly delivery: Delivery; readonly how: 'complete' | 'dead-letter' },
): string | undefined {
  if (after.messages.length === before.messages.length) {
    return undefined;
  }
  const document = documentOf(after);
  const isReplayed = document !== undefined && document.epoch > delivery.epoch;
  if (how === 'dead-letter' && !after.isErased && !isReplayed && !(document !== undefined && isDeadLetter(document))) {
    return 'J2: a message was dead-lettered, and its job was not';
  }
  return after.messages.length === 0 && !isOver(after) && after.dead.length === 0
    ? 'J2: the last message of a job was settled'
    : undefined;
}
