import { hasEnded } from '../../../shared/jobs/job-document.ts';
import { cancelJob } from '../../../shared/jobs/job-transitions.ts';
import { afterSend } from './claim-model-broker.ts';
import { type Bounds, documentOf, end, fault, numberOf, queued, type Step, type World } from './claim-model-world.ts';

/** The submit call writes its document at any time, or never; it may be made twice; the job may be cancelled. */
export function* callerSteps(world: World, bounds: Bounds): Generator<Step> {
  const document = documentOf(world);
  if (document === undefined) {
    const to = { ...world, document: numberOf(queued(0)) };
    const action = 'submit writes the document';
    if (world.isErased) {
      yield* fault(world, bounds, { kind: 'submit', action, to });
    } else {
      yield { action, to, isProgress: false };
    }
  } else if (!hasEnded(document)) {
    const to = { ...world, document: numberOf(cancelJob(document, end)) };
    yield* fault(world, bounds, { kind: 'cancel', action: 'the job is cancelled', to });
  }
  for (const to of world.messages.length < bounds.mostMessages ? afterSend(world, 0, bounds) : []) {
    yield* fault(world, bounds, { kind: 'submit', action: 'the job is submitted again', to });
  }
}
