import type { JobDocument, JobFitting } from './job-document.ts';
import { deadlineOf, type JobEnvelope, modelOf } from './job-envelope.ts';

export interface NewJob {
  readonly id: string;
  readonly envelope: JobEnvelope;
  readonly digest: string;
  /** Where the request is stored, when it is. */
  readonly requestRef: string | undefined;
  /** The pool's name. */
  readonly pool: string;
  readonly epoch: number;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Known once the job was checked. */
  readonly figures?: {
    readonly promptTokens: number;
    readonly worstCaseTokens: number;
    /** What the service will count for it. */
    readonly costTokens: number;
    /** What was done to the request so that it fits; undefined when nothing was. */
    readonly fitting: JobFitting | undefined;
  };
}

/** The document of a job that nothing has happened to yet. */
export function newJobDocument(job: NewJob): JobDocument {
  const { id, digest, requestRef, pool, epoch, createdAt } = job;
  const { fitting, ...figures } = job.figures ?? {};
  const { customId, batchId, tenant, options, request } = job.envelope;
  const deadline = deadlineOf(job.envelope);
  return {
    id,
    v: 1,
    state: 'queued',
    pool,
    model: modelOf(request),
    digest,
    createdAt,
    epoch,
    ...figures,
    ...(fitting === undefined ? {} : { fitting }),
    ...(customId === undefined ? {} : { customId }),
    ...(batchId === undefined ? {} : { batchId }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(requestRef === undefined ? {} : { requestRef }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(options?.priority === 'high' ? { priority: options.priority } : {}),
    ...(options?.metadata === undefined ? {} : { metadata: options.metadata }),
  };
}
