import type { ServerResponse } from 'node:http';

/** Waits; resolves at once with false when the connection closes before, so that nothing outlives its caller. */
export async function pause(response: ServerResponse, ms: number): Promise<boolean> {
  if (response.destroyed) {
    return false;
  }
  if (ms < 1) {
    return true;
  }
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const close = (): void => {
    clearTimeout(timer);
    resolve(false);
  };
  const timer = setTimeout(() => {
    response.off('close', close);
    resolve(true);
  }, ms);
  response.once('close', close);
  return promise;
}
