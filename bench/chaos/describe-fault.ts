import type { PlannedFault } from './fault.ts';

/** One line for people. */
export function describeFault({ action, forMs, kind }: PlannedFault): string {
  const lasts = `for ${(forMs / 1000).toFixed(1)} s`;
  switch (action.on) {
    case 'process': {
      const skew = action.skewSeconds === 0 ? '' : `, ${action.skewSeconds} s off`;
      return `${kind}: process ${action.process}${skew}, ${lasts}`;
    }
    case 'stack':
      return `${kind}, ${lasts}`;
    case 'region':
      return `${kind}: ${action.region}, ${lasts}`;
    case 'model':
      return `${kind}: ${action.region} ${JSON.stringify(action.fault)}, ${lasts}`;
    case 'limit':
      return `${kind}: ${action.region}/${action.deployment} × ${action.factor}, ${lasts}`;
  }
}
