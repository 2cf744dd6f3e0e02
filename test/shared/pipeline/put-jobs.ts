import { chatJob, type PipelineRig } from '../../fakes/pipeline-rig.ts';

/** Puts jobs of a model onto a queue, as another service does. */
export function putJobs(rig: PipelineRig, jobs: number, { model = 'gpt-4o-mini', queue = 'jobs' } = {}): void {
  const { request } = chatJob('Hi');
  const ofModel = { ...request, body: { ...request.body, model } };
  for (let job = 0; job < jobs; job += 1) {
    rig.queue.put(queue, chatJob('Hi', { id: `${model}-${job}`, request: ofModel }));
  }
}
