import type { Pool } from './pool.ts';

/** The queue of a pool that a job of this priority travels through. */
export function queueOf(pool: Pool, priority: 'normal' | 'high' | undefined): string {
  return priority === 'high' ? pool.highQueue : pool.queue;
}
