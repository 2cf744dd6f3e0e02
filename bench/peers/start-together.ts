import type { Child } from '../../local/child-process.ts';

/** All of them, or, when one cannot be started, none. @throws what kept it from starting */
export async function startTogether(starting: readonly Promise<Child>[]): Promise<readonly Child[]> {
  try {
    return await Promise.all(starting);
  } catch (error) {
    const settled = await Promise.allSettled(starting);
    await Promise.all(settled.map(async (one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)));
    throw error;
  }
}
